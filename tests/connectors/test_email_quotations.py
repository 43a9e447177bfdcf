"""History that mailers of other languages quote below an answer, and mails that they forward."""

from __future__ import annotations

import pytest

from connectors.base import Kind
from tests.connectors.mails import lines_of, mail, one

ORDER = "Please supply:\n\n10 x ABC-123 @ EUR 5.00\n\nShip to: Buyer Ltd, 5 High Street, London SW1A 1AA, UK\n"
HEADS = {
    "es": ("De: House <o@us.example>", "Enviado el: lunes, 2 de marzo de 2026 9:15", "Para: Ann", "Asunto: PO 5566"),
    "it": ("Da: House <o@us.example>", "Inviato: lunedì 2 marzo 2026 09:15", "A: Ann", "Oggetto: PO 5566"),
    "nl": ("Van: House <o@us.example>", "Verzonden: maandag 2 maart 2026 09:15", "Aan: Ann", "Onderwerp: PO 5566"),
    "pt": ("De: House <o@us.example>", "Enviada em: 2 de março de 2026 09:15", "Para: Ann", "Assunto: PO 5566"),
    "pl": ("Od: House <o@us.example>", "Wysłano: poniedziałek, 2 marca 2026 09:15", "Do: Ann", "Temat: PO 5566"),
    "sv": ("Från: House <o@us.example>", "Skickat: den 2 mars 2026 09:15", "Till: Ann", "Ämne: PO 5566"),
    "da": ("Fra: House <o@us.example>", "Sendt: 2. marts 2026 09:15", "Til: Ann", "Emne: PO 5566"),
    "fi": ("Lähettäjä: House", "Lähetetty: 2. maaliskuuta 2026 9.15", "Vastaanottaja: Ann", "Aihe: PO 5566"),
    "cs": ("Od: House", "Odesláno: pondělí 2. března 2026 9:15", "Komu: Ann", "Předmět: PO 5566"),
    "tr": ("Kimden: House", "Gönderildi: 2 Mart 2026 Pazartesi 09:15", "Kime: Ann", "Konu: PO 5566"),
    "ru": ("От: House", "Отправлено: 2 марта 2026 г. 9:15", "Кому: Ann", "Тема: PO 5566"),
    "ja": ("差出人: House <o@us.example>", "送信日時: 2026年3月2日 9:15", "宛先: Ann", "件名: PO 5566"),
    "ko": ("보낸 사람: House", "보낸 날짜: 2026년 3월 2일 월요일 오전 9:15", "받는 사람: Ann", "제목: PO 5566"),
    "a language that nobody foresaw": ("Ó: House <o@us.example>", "Seolta: 2 Márta 2026 09:15", "Chuig: Ann", "Ábhar: PO 5566"),
}  # fmt: skip
WROTE = {
    "es": "El lun, 2 mar 2026 a las 9:15, House (<o@us.example>) escribió:",
    "es, broken": "El lun, 2 mar 2026 a las 9:15, House Sales and Distribution (<o@us.example>)\nescribió:",
    "it": "Il giorno lun 2 mar 2026 alle ore 09:15 House <o@us.example> ha scritto:",
    "nl": "Op ma 2 mrt 2026 om 09:15 schreef House <o@us.example>:",
    "nl, apple": "Op 2 mrt. 2026 om 09:15 heeft House <o@us.example> het volgende geschreven:",
    "pt": "Em seg., 2 de mar. de 2026 às 09:15, House <o@us.example> escreveu:",
    "pt, behind": "House <o@us.example> escreveu (segunda,\n2/03/2026 à(s) 09:15):",
    "pl": "pon., 2 mar 2026 o 09:15 House <o@us.example> napisał(a):",
    "sv": "Den mån 2 mars 2026 kl 09:15 skrev House <o@us.example>:",
    "da": "Den man. 2. mar. 2026 kl. 09.15 skrev House <o@us.example>:",
    "fi": "ma 2. maalisk. 2026 klo 9.15 House (o@us.example) kirjoitti:",
    "ru": "пн, 2 мар. 2026 г. в 09:15, House <o@us.example>:",
    "ja": "2026年3月2日(月) 9:15 House <o@us.example>:",
    "ko": "2026년 3월 2일 (월) 오전 9:15, House <o@us.example>님이 작성:",
}
HISTORIES = {
    **{f"head, {name}": "\n".join(head) + f"\n\n{ORDER}" for name, head in HEADS.items()},
    **{f"wrote, {name}": f"{line}\n\n{ORDER}" for name, line in WROTE.items()},
    "original, es": f"-----Mensaje original-----\n{ORDER}",
    "original, it": f"-----Messaggio originale-----\n{ORDER}",
    "original, nl": f"-----Oorspronkelijk bericht-----\n{ORDER}",
}


@pytest.mark.parametrize("history", HISTORIES)
def test_history_of_any_language_below_an_answer_is_no_order(history):
    order = one(mail("RE: PO 5566", f"Obrigado, gracias, grazie!\n\n{HISTORIES[history]}"))
    assert (order.kind, order.lines) == (Kind.NOT_AN_ORDER, ())


@pytest.mark.parametrize("history", HISTORIES)
def test_an_answer_above_history_of_any_language_orders_its_own_goods_alone(history):
    order = one(mail("R: PO 5566", f"Please send us 3 x NEW-1 at EUR 7.00 by 2.3.2026\n{HISTORIES[history]}"))
    assert lines_of(order) == [("NEW-1", "3", "7.00")]


def test_outlooks_html_head_of_another_language_is_cut_off_as_well():
    head = "<br>".join(f"<b>{line.replace(': ', ':</b> ')}".replace("<o@", "&lt;o@") for line in HEADS["it"])
    html = f"<p>Grazie mille, tutto ok.</p><div><p>{head}</p></div><p>10 x ABC-123 @ EUR 5.00</p>"
    assert one(mail("R: PO 5566", html=html)).kind is Kind.NOT_AN_ORDER


@pytest.mark.parametrize(
    ("prefix", "language"),
    [("I", "it"), ("ENC", "pt"), ("PD", "pl"), ("VB", "sv"), ("VS", "da"), ("Fwd", "es"), ("FW", "nl")],
)
def test_a_mail_forwarded_in_another_language_counts(prefix, language):
    head = "\n".join(HEADS[language])
    order = one(mail(f"{prefix}: PO 5566", f"FYI\n\n{head}\n\n{ORDER}"))
    assert (order.channel_order_id, lines_of(order)) == ("5566", [("ABC-123", "10", "5.00")])
    assert (order.customer.name, order.customer.email) == ("House", "o@us.example")


def test_what_finns_answer_is_not_forwarded():
    order = one(mail("VS: PO 5566", "Kiitos!\n\n" + "\n".join(HEADS["fi"]) + f"\n\n{ORDER}"))
    assert order.kind is Kind.NOT_AN_ORDER


def test_an_answer_below_or_between_marked_quotations_is_read():
    body = f"Hallo,\n\n{WROTE['nl']}\n> Wilt u nog thee?\n\nPlease send us 3 x NEW-1 at EUR 7.00 each.\n\n> 10 x ABC-123 @ EUR 5.00\n"
    assert lines_of(one(mail("RE: PO 5566", body))) == [("NEW-1", "3", "7.00")]


@pytest.mark.parametrize(
    ("subject", "opening"),
    [
        ("Ordine PO 5566", "Da: Acme SRL\nData: 2 marzo 2026\nOggetto: Ordine PO 5566\n"),
        ("Pedido PO 5566", "Tal como usted escribió el 02/03/2026, pedimos lo siguiente:\n"),
        ("Re: PO 5566", "As agreed with ann@acme.example on 2 March 2026 at 09:15, please supply:\n"),
        ("Re: PO 5566", "Contact: ann@acme.example\nDelivery: 2 March 2026 09:15\nReference: PO 5566-A\n"),
    ],
)
def test_a_letter_that_opens_like_a_quotation_is_an_order(subject, opening):
    assert lines_of(one(mail(subject, f"{opening}\n{ORDER}"))) == [("ABC-123", "10", "5.00")]
