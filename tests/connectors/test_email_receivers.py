"""Who gets the goods that somebody else pays for: headings in other words, and places that no heading explains."""

from __future__ import annotations

import pytest

from connectors.base import ChannelOrder, Severity
from tests.connectors.mails import lines_of, mail, one

PAYER = "Bill to:\nAcme GmbH\nHauptstr. 5\n10115 Berlin\nGermany\n"
PLACE = "Jane Roe\n14 Park Road\nLeeds LS1 4AP\nUnited Kingdom\n"


def order_with(text: str, *, payer: str = PAYER) -> ChannelOrder:
    return one(mail("PO-1", f"Please supply:\n\n10 x TEA-1 @ EUR 9.90\n\n{payer}\n{text}"))


HEADINGS = [
    "Please drop ship to our customer:",
    "Please deliver directly to our customer",
    "Goods should go to this site:",
    "Drop ship to:",
    "Consignee:",
    "Recipient:",
    "Destination:",
    "Bitte liefern Sie direkt an unseren Kunden:",
    "Adresse de livraison :",
    "Dirección de entrega:",
    "Indirizzo di consegna:",
    "Afleveradres:",
]
UNEXPLAINED = [
    f"Our customer:\n{PLACE}",
    f"Contact:\n{PLACE}",
    f"Please send the invoice to our accountant:\n{PLACE}",
    "The goods go to 14 Park Road, Leeds LS1 4AP, UK\n",
    "Our customer:\n浙江省杭州市西湖区文三路478号\n",
]
SAME = [
    "Regards,\nAnn Lee\nAcme GmbH\nHauptstr. 5\n10115 Berlin\n",
    "Thanks\nAnn Lee\nTel. 030 1234567\n",
    "Our budget for this year is small, please send it soon\n",
]


@pytest.mark.parametrize("payer", [PAYER, PAYER.replace("Bill to", "Invoice address"), ""])
@pytest.mark.parametrize("heading", HEADINGS)
def test_goods_go_to_the_place_below_the_words_for_it(heading, payer):
    order = order_with(f"{heading}\n{PLACE}", payer=payer)
    assert order.ship_to is not None
    assert (order.ship_to.name, order.ship_to.lines) == ("Jane Roe", ("14 Park Road",))
    assert (order.ship_to.city, order.ship_to.postal_code, order.problems) == ("Leeds", "LS1 4AP", ())
    assert lines_of(order) == [("TEA-1", "10", "9.90")]


@pytest.mark.parametrize("text", UNEXPLAINED)
def test_beside_another_place_nothing_is_sent_to_the_payer_in_silence(text):
    order = order_with(text)
    (found,) = [problem for problem in order.problems if problem.field == "ship_to"]
    assert (order.ship_to, found.code, found.severity) == (None, "address_missing", Severity.HOLD)
    assert "another place" in found.message


@pytest.mark.parametrize("text", SAME)
def test_where_no_other_place_is_named_the_payer_gets_the_goods(text):
    order = order_with(text)
    assert order.ship_to is not None
    assert (order.ship_to.lines, [found.severity for found in order.problems]) == (("Hauptstr. 5",), [Severity.NOTE])


def test_ship_to_is_surer_than_consignee():
    order = order_with(f"Consignee: Jo Lee\n1 King Street\nLondon SW1A 1AA\n\nShip to:\n{PLACE}")
    assert order.ship_to is not None
    assert order.ship_to.lines == ("14 Park Road",)


@pytest.mark.parametrize("said", ["Destination: Germany", "Place of delivery: Hamburg", "Recipient: Jane Roe"])
def test_a_port_or_a_name_beside_an_address_is_none(said):
    order = order_with(f"{said}\n\nShip to:\n{PLACE}")
    assert order.ship_to is not None
    assert (order.ship_to.lines, order.ship_to.city) == (("14 Park Road",), "Leeds")


def test_goods_below_words_for_sending_are_no_address():
    order = one(
        mail(
            "PO-1",
            f"Please ship the following to our warehouse:\n10 x TEA-1 @ EUR 9.90\n5 x POT-2 @ EUR 3.00\n\nShip to:\n{PLACE}",
        )
    )
    assert lines_of(order) == [("TEA-1", "10", "9.90"), ("POT-2", "5", "3.00")]


def test_a_british_postal_code_on_a_line_of_its_own_is_another_place_too():
    order = order_with("Our customer:\nJane Roe\n14 Park Road\nLeeds\nLS1 4AP\n")
    assert (order.ship_to, [found.severity for found in order.problems]) == (None, [Severity.HOLD])
