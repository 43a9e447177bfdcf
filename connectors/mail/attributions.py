"""How mailers of each language head a mail that they quote or forward: labels over it, a line that says who wrote it."""

from __future__ import annotations

import re
from collections.abc import Sequence

#: What a label names -> its words, as Outlook, Gmail, Apple's and Chinese mailers write them.
_LABELS: dict[str, str] = {
    "from": "from|von|de|da|van|od|från|fra|lähettäjä|feladó|de la|expeditor|kimden|gönderen|от|от кого|від|від кого|από|dari|từ"
    "|发件人|寄件者|寄件人|發件人|差出人|送信者|送信元|보낸 사람|보낸사람",
    "date": "date|sent|gesendet|datum|envoyé|envoyé le|fecha|enviado|enviado el|enviado em|enviada em|enviada|data|inviato|verzonden|wysłano|wysłane"
    "|skickat|sendt|dato|lähetetty|päivämäärä|päiväys|odesláno|odoslané|dátum|elküldve|trimis|tarih|gönderildi|gönderme tarihi|дата|отправлено"
    "|надіслано|ημερομηνία|στάλθηκε|εστάλη|tanggal|dikirim|ngày|đã gửi|发送时间|发送日期|日期|时间|寄件日期|傳送時間|發送日期|送信日時|日時|日付|보낸 날짜|날짜",
    "subject": "subject|betreff|objet|asunto|oggetto|onderwerp|assunto|temat|ämne|emne|aihe|předmět|predmet|tárgy|subiect|konu|тема|θέμα|subjek|perihal"
    "|chủ đề|tiêu đề|主题|主旨|主題|件名|제목",
    "other": "to|cc|bcc|reply-to|importance|attachments|an|à|a|para|per|aan|do|dw|till|til|kopia|kopi|kopie|kopio|vastaanottaja|komu|címzett|másolatot kap"
    "|către|kime|bilgi|кому|копия|копія|προς|κοιν|kepada|đến|收件人|收件者|抄送|副本|密件副本|宛先|받는 사람|받는사람|참조",
}
_KINDS = {word: kind for kind, words in _LABELS.items() for word in words.split("|")}
_HEADER_LINE = re.compile(r"^\*?([^:：*]{1,24}?)\s?\*?[:：]\*?\s*(.*)$")
_ANY_LABEL = re.compile(r"^\*?[^\W\d_][^:：\d<>@]{0,24}[:：]\*?\s*(?P<value>\S.*)$")
_REPLY_OR_FORWARD = re.compile(r"^\s*(?:[^\W\d_]{1,8}(?:\[\d+\])?\s*[:：]\s*)+")
_FORWARDED = re.compile(
    r"^[-\s_*]{0,40}(?:begin forwarded message|forwarded message|forwarded by .{1,80}|forwarded mail|转发的?邮件(?:信息)?"
    r"|以下是转发(?:的)?邮件|轉寄郵件|(?:anfang der )?weitergeleiteten? nachricht|(?:début du )?message transféré|(?:inizio )?messaggio inoltrato"
    r"|(?:inicio del )?mensaje reenviado|(?:início da )?mensagem (?:re)?encaminhada|(?:begin )?doorgestuurd bericht|(?:treść )?(?:wiadomość przekazana|przekazanej wiadomości)"
    r"|(?:början på )?vidarebefordrat (?:meddelande|brev)|(?:start på )?videresendt (?:meddelelse|melding|besked)|välitetty viesti"
    r"|přeposlaná zpráva|továbbított üzenet|пересылаемое сообщение|転送(?:された)?メッセージ|전달된 메시지)[-\s_*:：]{0,40}$",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(
    r"^[-\s_*]{2,40}\s?(?:original message|original appointment|原始邮件|原邮件|原始郵件|ursprüngliche nachricht|message d'origine|mensaje original"
    r"|messaggio originale|oorspronkelijk bericht|mensagem original|(?:wiadomość oryginalna|oryginalna wiadomość)|ursprungligt meddelande|originalmeddelande"
    r"|oprindelig meddelelse|opprinnelig melding|alkuperäinen viesti|původní zpráva|pôvodná správa|eredeti üzenet|mesaj original|(?:orijinal|özgün) (?:mesaj|ileti)"
    r"|исходное сообщение|оригинальное сообщение|元のメッセージ|원본 메시지|원본 메일)\s?[-\s_*]{0,40}$",
    re.IGNORECASE,
)
_WROTE = re.compile(
    r"^(?:on\s.{6,200}\swrote|am\s.{6,200}\sschrieb.{0,80}|le\s.{6,200}\sa écrit|在\s?.{4,200}写道|.{0,10}\d{4}年.{4,200}(?:写道|寫道)"
    r"|于\s?.{4,200}写道|.{1,120}<[^<>\s]{3,100}>\s?(?:于|在)?.{0,60}写道)\s?[:：]?\s*$",
    re.IGNORECASE,
)
#: The same word of other languages. A day and an hour must stand beside it: "Como escribió el lunes, pedimos:" opens an order.
_WROTE_ELSEWHERE = re.compile(
    r"(?<!\w)(?:escribió|ha scritto|schreef|geschreven|escreveu|napisał(?:a|\(a\))?|napisana|pisze|skrev|kirjoitti|napsala?|napsal\(a\)|napísala?|napísal\(a\)|ezt írta|a scris"
    r"|yazdı|пишет|написал(?:а|\(а\))?|пише|написав|έγραψε|menulis|đã viết|님이 작성|のメール)(?!\w)",
    re.IGNORECASE,
)
_DAY = re.compile(r"(?<!\d)(?:20\d\d(?!\d)|\d{1,2}[./-]\s?\d{1,2}[./-]\s?\d\d(?!\d))")
_HOUR = re.compile(r"(?<![\d.,])\d{1,2}(?:[:.]| ?h ?)\d{2}(?!\d)(?![.,]\d)")
_ADDRESS = re.compile(r"[^\s<>()@]{1,64}@[^\s<>()@]{3,120}")
_IN_BRACKETS = re.compile(r"[<(（][^\s<>()@]{1,64}@[^\s<>()@]{3,120}[>)）]")
_MAX_LINE = 300
#: A line that says who wrote is broken by mailers into no more than these.
_MAX_LINES = 3


def label_of(line: str) -> tuple[str, str] | None:
    """(from, date, subject or other; the value) of a line such as "Oggetto: PO 4711"; None for any other line."""
    match = _HEADER_LINE.match(line)
    kind = _KINDS.get(match[1].lower()) if match else None
    return (kind, match[2].strip()) if match and kind else None


def announces_forward(line: str) -> bool:
    """Whether a line says that a forwarded mail begins below."""
    return bool(_FORWARDED.match(line))


def announces_history(line: str) -> bool:
    """Whether a line says that the mail which was answered begins below."""
    return bool(_ORIGINAL.match(line))


def says_who_wrote(line: str) -> bool:
    """Whether a line says who wrote what stands below, in English, German, French or Chinese."""
    return bool(_WROTE.match(line))


def heads_a_mail(lines: Sequence[str]) -> bool:
    """Whether a mail's From, Sent and Subject lines begin here, as Outlook and QQ put them over the old mail."""
    first = label_of(lines[0]) if lines else None
    if first is None or first[0] != "from":
        return False
    kinds = {label[0] for line in lines[:8] if (label := label_of(line))}
    return {"subject", "date"} <= kinds


def heads_an_answered_mail(lines: Sequence[str], subject: str) -> bool:
    """The same in any language, below an answer: labels one under the other, a sender's address, an hour, our subject."""
    values = []
    for line in lines[:8]:
        match = _ANY_LABEL.match(line)
        if not match:
            break
        values.append(match["value"].strip())
    topic = topic_of(subject)
    return (
        len(values) >= 3
        and len(topic) >= 3
        and bool(_ADDRESS.search(values[0]))
        and any(_HOUR.search(value) and _DAY.search(value) for value in values[1:])
        and any(topic_of(value) == topic for value in values[1:])
    )


def topic_of(subject: str) -> str:
    """A subject without "Re:", "Fwd:" and their like of other languages, to be compared."""
    return " ".join(_REPLY_OR_FORWARD.sub("", subject).casefold().split())


def wrote_elsewhere(lines: Sequence[str], *, in_reply: bool) -> int:
    """Over how many lines these say, in another language, who wrote what stands below; 0 where they do not.

    Japanese and Russian mailers give no verb: day, hour and a bracketed address before a colon are enough in an answer.
    """
    for count in range(1, min(_MAX_LINES, len(lines)) + 1):
        if not all(lines[:count]) or lines[0].endswith((".", "!", "?", "。")):
            return 0
        # What the sender wrote right above is no part of it.
        if _attributes(lines[:count], in_reply=in_reply):
            return 0 if any(_attributes(lines[at:count], in_reply=in_reply) for at in range(1, count)) else count
    return 0


def _attributes(lines: Sequence[str], *, in_reply: bool) -> bool:
    text = " ".join(lines)
    if len(text) > _MAX_LINE or not text.endswith((":", "：")) or not (_DAY.search(text) and _HOUR.search(text)):
        return False
    return bool(_WROTE_ELSEWHERE.search(text)) or (in_reply and bool(_IN_BRACKETS.search(text)))
