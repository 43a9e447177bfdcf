"""Papers: every barcode can be scanned from the print, Chinese is text, nothing typed by a customer breaks them."""

from __future__ import annotations

import dataclasses
import sys
import time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.documents import confirmation, hand_over_list, packing_slip, pick_list
from oms.documents.words import LANGUAGES, WORDS, tag_of, words_of
from oms.money import Money
from tests.unit import papers


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_bin_sku_and_list_number_can_be_scanned_from_a_printed_pick_list(language):
    document = papers.pick_list()
    pages = papers.scanned(pick_list.render(document, language=language))
    wanted = {line.bin for line in document.lines} | {line.barcode or line.sku for line in document.lines}
    assert wanted <= set.union(*pages)
    assert all(document.number in page for page in pages)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_waybill_can_be_scanned_from_a_printed_hand_over_list(language):
    document = papers.hand_over_list()
    pages = papers.scanned(hand_over_list.render(document, language=language))
    assert {parcel.waybill for group in document.carriers for parcel in group.parcels} <= set.union(*pages)
    assert all(document.number in page for page in pages)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_link_to_sign_can_be_scanned_from_a_printed_confirmation(language):
    document = papers.confirmation()
    pages = papers.scanned(confirmation.render(document, language=language))
    assert document.sign_url in set.union(*pages)
    assert all(document.order_number in page for page in pages)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_return_link_and_the_order_can_be_scanned_from_a_packing_slip(language):
    document = papers.packing_slip()
    pages = papers.scanned(packing_slip.render(document, language=language))
    assert {document.returns_url, document.order_number} <= set.union(*pages)


def test_codes_that_are_not_plain_ascii_are_printed_as_qr():
    line = dataclasses.replace(papers.pick_list(1).lines[0], bin="冷库-01-2", sku="红色-XL-01")
    pages = papers.scanned(pick_list.render(papers.pick_list(lines=(line,)), language="zh_Hans"))
    assert {"冷库-01-2", "红色-XL-01"} <= pages[0]


@pytest.mark.parametrize(
    ("language", "title", "said"),
    [("en", "Pick list", "proved shortest"), ("zh_Hans", "拣货单", "已证明最短")],
)
def test_each_page_of_a_pick_list_has_its_head_and_number(language, title, said):
    pages = papers.text_of(pick_list.render(papers.pick_list(), language=language))
    assert len(pages) == 3
    counted = [words_of(language)["page"].format(page=n, pages=3) for n in (1, 2, 3)]
    for page, count in zip(pages, counted, strict=True):
        assert title in page
        assert count in page
        assert words_of(language)["bin"] in page
    assert said in pages[0]
    assert "不锈钢保温杯" in pages[0]


def test_the_walk_is_stated_with_its_bound_or_with_none():
    proved = pick_list.route_text(papers.pick_list(), "en")
    longer = pick_list.route_text(papers.pick_list(length_mm=200_000, optimum_mm=160_000), "en")
    unknown = pick_list.route_text(papers.pick_list(optimum_mm=None, s_shape_mm=None), "en")
    assert proved == "Walk 184.3 m   ·   proved shortest   ·   S-shape 262.1 m (30% saved)"
    assert "25.0% above the shortest" in longer
    assert unknown == "Walk 184.3 m   ·   no bound known for this floor"


def test_the_cut_off_is_printed_in_the_warehouse_s_time():
    assert "22 Nov 2026, 17:30" in papers.text_of(pick_list.render(papers.pick_list(), language="en"))[0]
    assert "2026年11月22日 17:30" in papers.text_of(pick_list.render(papers.pick_list(), language="zh_Hans"))[0]


def test_a_confirmation_states_price_dispatch_delivery_and_terms():
    text = "\n".join(papers.text_of(confirmation.render(papers.confirmation(), language="en")))
    for said in ("¥1,244.50", "¥0.0125", "¥1,000.00", "Mon 23 Nov 2026", "Thu 26 Nov 2026", "本订单经双方确认后生效。"):
        assert said in text


def test_a_confirmation_that_needs_no_signature_asks_for_none():
    document = dataclasses.replace(papers.confirmation(2), sign_url="", sign_until=None)
    pages = papers.text_of(confirmation.render(document, language="zh_Hans"))
    assert "请确认本订单" not in "".join(pages)


def test_tax_that_is_not_in_the_prices_stands_before_the_total():
    totals = dataclasses.replace(papers.confirmation(1).totals, tax_included=False, paid=None)
    document = dataclasses.replace(papers.confirmation(1), totals=totals)
    text = papers.text_of(confirmation.render(document, language="en"))[0]
    assert text.index("Tax") < text.index("Total")
    assert "To be paid" not in text


def test_what_was_paid_too_much_is_said_so():
    totals = papers.confirmation(1).totals
    too_much = dataclasses.replace(totals, paid=totals.total + Money(Decimal(50), totals.total.currency))
    text = papers.text_of(
        confirmation.render(dataclasses.replace(papers.confirmation(1), totals=too_much), language="en")
    )
    assert "Paid too much" in text[0]
    assert "50.00" in text[0]
    assert "To be paid" not in text[0]


def test_a_hand_over_list_says_how_many_parcels_go_with_whom():
    text = papers.text_of(hand_over_list.render(papers.hand_over_list(), language="zh_Hans"))
    assert "揽收交接单" in text[0]
    assert "顺丰速运 标快" in text[0]
    assert "包裹数 30" in text[0]
    assert "交货人（仓库）" in text[-1]
    assert "揽收人（快递）" in text[-1]


def test_a_packing_slip_shows_what_follows_in_another_parcel():
    text = papers.text_of(packing_slip.render(papers.packing_slip(1), language="en"))[0]
    assert "To follow" in text
    assert "2 件" in text
    assert "¥" not in text


def test_the_same_paper_printed_twice_has_the_same_bytes():
    assert pick_list.render(papers.pick_list(), language="en") == pick_list.render(papers.pick_list(), language="en")


def test_a_pick_list_of_nothing_still_prints():
    assert len(papers.text_of(pick_list.render(papers.pick_list(0, length_mm=0), language="en"))) == 1


AWKWARD = st.text(max_size=300)


@settings(max_examples=40)
@given(AWKWARD, AWKWARD, st.decimals(0, 10**9, places=3))
def test_no_name_unit_or_quantity_breaks_a_pick_list(name, unit, qty):
    line = dataclasses.replace(papers.pick_list(1).lines[0], name=name, unit=unit, order_number=unit, qty=qty)
    document = papers.pick_list(lines=(line,), warehouse=name, carrier=unit, picker=name)
    assert pick_list.render(document, language="en").startswith(b"%PDF")


@settings(max_examples=40)
@given(AWKWARD, AWKWARD)
def test_no_address_or_terms_break_a_confirmation(one, other):
    document = dataclasses.replace(
        papers.confirmation(1), customer=(one, other), terms=one * 20, requirements=other, payment_terms=one
    )
    assert confirmation.render(document, language="zh_Hans").startswith(b"%PDF")


@settings(max_examples=25)
@given(AWKWARD, AWKWARD)
def test_no_note_or_message_breaks_a_packing_slip_or_hand_over_list(one, other):
    line = dataclasses.replace(papers.packing_slip(1).lines[0], name=one, note=other, sku=other)
    slip = dataclasses.replace(papers.packing_slip(1), lines=(line,), message=one, returns_text=other)
    parcel = dataclasses.replace(papers.hand_over_list(1).carriers[0].parcels[0], destination=one)
    group = hand_over_list.CarrierParcels(other, (parcel,), one)
    taken = dataclasses.replace(papers.hand_over_list(1), carriers=(group,), our_signer=one)
    assert packing_slip.render(slip, language="en").startswith(b"%PDF")
    assert hand_over_list.render(taken, language="en").startswith(b"%PDF")


def test_every_printed_word_exists_in_both_languages():
    for english, chinese in WORDS.values():
        assert english
        assert any("\u4e00" <= character <= "\u9fff" for character in chinese)
        assert english.count("{") == chinese.count("{")


@pytest.mark.parametrize(
    ("asked", "tag"), [("zh-Hans", "zh_Hans"), ("zh_CN", "zh_Hans"), ("ZH", "zh_Hans"), ("en-GB", "en"), ("fr", "en")]
)
def test_every_language_asked_for_is_answered_in_one_that_papers_have(asked, tag):
    assert tag_of(asked) == tag


def test_an_amount_in_another_currency_is_printed_with_that_currency():
    line = dataclasses.replace(
        papers.confirmation(1).lines[0], unit_price=Decimal(1200), total=Money(Decimal(4800), "JPY")
    )
    text = papers.text_of(
        confirmation.render(dataclasses.replace(papers.confirmation(1), lines=(line,)), language="en")
    )
    assert "¥4,800" in text[0]


def test_more_than_fifty_pick_lists_a_second_are_printed():
    documents = [papers.pick_list(number=f"W-26-{n:07d}") for n in range(8)]
    pick_list.render(documents[0], language="en")
    each_s = min(_cpu_s(document) for document in documents)
    assert each_s < (0.1 if sys.gettrace() else 0.02)


def _cpu_s(document):
    started = time.process_time()
    pick_list.render(document, language="en")
    return time.process_time() - started
