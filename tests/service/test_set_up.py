"""`oms set-up`: a house from a file, all or nothing, again and again."""

from __future__ import annotations

import copy
import io
import json
import re
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.catalog.models import Sku
from oms.cli import main
from oms.cli.set_up import SOURCES
from oms.errors import InputInvalid
from oms.invariants.check import check
from oms.parties import matching
from oms.parties.models import Channel
from oms.set_up.keep import Kept, keep
from tests.conftest import CleanDatabase
from tests.factories.orders import make_order, make_sku

PAGE = Path(__file__).resolve().parents[2] / "docs" / "set-up.md"


@pytest.fixture
def file() -> dict[str, Any]:
    """The example of the page."""
    found = re.search(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    parsed: dict[str, Any] = json.loads(found[1])
    return parsed


def _keep(session: Session, file: object, now: Any) -> Kept:
    return keep(session, file=file, sources=SOURCES, actor="test", now=now)


def _faults(session: Session, file: object, now: Any) -> dict[str, str]:
    with pytest.raises(InputInvalid) as refused:
        _keep(session, file, now)
    return dict(refused.value.fields)


def _rows(session: Session, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in session.execute(text(sql)).all()]


def test_the_example_makes_a_house_and_again_changes_nothing(session, file, business_now):
    kept = _keep(session, file, business_now)
    assert kept.changed == {}
    assert kept.new == {name: len(rows) for name, rows in file.items()}
    assert _rows(session, "SELECT s.code, on_hand FROM stock JOIN sku s ON s.id = sku_id ORDER BY 1") == [
        ("CUP-1", Decimal(120)),
        ("TEA-100", Decimal(400)),
    ]
    assert check(session) == []
    assert _keep(session, file, business_now) == Kept({}, {})


def test_a_later_file_changes_what_it_names_and_nothing_else(session, file, business_now):
    _keep(session, file, business_now)
    later = {
        "goods": [{"code": "TEA-100", "weight_g": 155}],
        "channels": [{"name": "shop", "polled": False}],
        "carrier_services": [{"carrier": "parcels", "warehouse": "LDS", "service": "standard", "country": "GB", "cut_off": "17:00"}],
    }  # fmt: skip
    assert _keep(session, later, business_now) == Kept({}, {"goods": 1, "channels": 1, "carrier_services": 1})
    assert _rows(session, "SELECT weight_g, name_en FROM sku WHERE code = 'TEA-100'") == [(155, "Green tea 100 g")]
    shop = session.query(Channel).filter_by(name="shop").one()
    assert (shop.polled, shop.secrets) == (False, ["the webhook's secret"])
    assert _rows(session, "SELECT cause FROM history_entry WHERE event = 'set_up.changed' ORDER BY cause") == [
        ("TEA-100",),
        ("shop",),
        ("standard GB",),
    ]


def test_another_price_is_a_new_row(session, file, business_now):
    _keep(session, file, business_now)
    file["prices"][0]["list_price"] = "10.90"
    assert _keep(session, file, business_now) == Kept({"prices": 1}, {})
    assert len(_rows(session, "SELECT 1 FROM price WHERE channel_id IS NULL")) == 2
    assert _keep(session, file, business_now) == Kept({}, {})


def test_a_customer_of_the_file_is_found_by_an_order(session, file, business_now):
    _keep(session, file, business_now)
    person = matching.Person("Somebody", None, "buying@harbour.example", None, None, "en")
    [found] = matching.customers_for(session, people=[person], now=business_now)
    assert _rows(session, "SELECT number FROM customer") == [("CU-100",)]
    assert found is not None


@pytest.mark.parametrize(
    ("section", "place", "change", "fault"),
    [
        ("goods", 0, {"weight_g": "heavy"}, "goods[0].weight_g: write a whole number"),
        ("goods", 1, {"wieght_g": 5}, "goods[1].wieght_g: is no field"),
        ("goods", 1, {"code": "TEA-100"}, "goods[1]: stands twice"),
        ("goods", 0, {"name_en": ""}, "goods[0].name_en: write a text"),
        ("goods", 0, {"name_en": "a\x00b"}, "goods[0].name_en: write a text"),
        ("bins", 0, {"warehouse": "NOWHERE"}, "bins[0].warehouse: no 'NOWHERE' in warehouses"),
        ("prices", 0, {"list_price": 9.9}, "prices[0].list_price: write digits"),
        ("prices", 0, {"currency": "GBPS"}, "prices[0].currency: use an ISO 4217 code"),
        ("prices", 1, {"channel": "nobody"}, "prices[1].channel: no 'nobody' in channels"),
        ("channels", 0, {"source": "shopware"}, "channels[0].source: no connector of that name"),
        ("channels", 0, {"base_url": "shop.example"}, "channels[0].base_url: write an address"),
        ("channels", 0, {"base_url": "https://a:b@shop.example"}, "channels[0].base_url: write an address"),
        ("channels", 0, {"secrets": "s"}, "channels[0].secrets: write a list"),
        ("carrier_services", 0, {"cut_off": "25:00"}, "carrier_services[0].cut_off: write hours"),
        ("carrier_services", 0, {"country": "gb"}, "carrier_services[0].country: write two capital letters"),
        ("opening_stock", 0, {"qty": "-1"}, "opening_stock[0].qty: write digits"),
        ("opening_stock", 0, {"qty": "0"}, "opening_stock[0].qty: write a quantity over 0"),
        ("opening_stock", 0, {"bin": "Z-99"}, "opening_stock[0].bin: no bin 'Z-99'"),
        ("opening_stock", 0, {"sku": "SET-1"}, "opening_stock[0].sku: SET-1 is a set"),
        ("bins", 0, {"kind": "quarantine"}, "opening_stock[0].bin: nobody picks from A-01"),
        ("cartons", 0, {"limit_g": 0}, "cartons[0].limit_g: write a whole number from 1"),
        ("barcodes", 0, {"qty": True}, "barcodes[0].qty: write digits"),
        ("warehouses", 0, {"zone": "Leeds"}, "warehouses[0].zone: write the name of a time zone"),
        ("warehouses", 0, {"zone": "../UTC"}, "warehouses[0].zone: write the name of a time zone"),
        ("warehouses", 0, {"address": {"street": "x"}}, "warehouses[0].address: write its street"),
    ],
)
def test_a_fault_is_named_with_its_place(session, file, business_now, section, place, change, fault):
    wrong = copy.deepcopy(file)
    wrong[section][place] |= change
    where, _, says = fault.partition(": ")
    assert _faults(session, wrong, business_now)[where].startswith(says)


_BIG = {"code": "BIG-1", "name_en": "Two sets", "name_zh": "两套", "bundle": True}
_POT = {"code": "POT-1", "name_en": "Pot", "name_zh": "茶壶"}


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda f: f.pop("bundle_parts"), "goods[2]: SET-1 is a set without parts"),
        (lambda f: f["goods"][2].pop("bundle"), "bundle_parts[1]: SET-1 has parts and is no set"),
        (lambda f: f["bundle_parts"][0].update(part="SET-1"), "bundle_parts[1]: SET-1 is a set itself"),
        (
            lambda f: (
                f["goods"].append(_BIG),
                f["bundle_parts"].append({"bundle": "BIG-1", "part": "SET-1", "qty": "2"}),
            ),
            "bundle_parts[2]: SET-1 is a set itself",
        ),
    ],
)
def test_a_set_that_nobody_could_pick_is_refused(session, file, business_now, spoil, fault):
    spoil(file)
    where, _, says = fault.partition(": ")
    assert _faults(session, file, business_now)[where].startswith(says)


def test_a_good_of_which_pieces_are_on_hand_becomes_no_set(session, file, business_now):
    file["goods"].append(_POT)
    file["opening_stock"].append({"warehouse": "LDS", "bin": "B-01", "sku": "POT-1", "qty": "3"})
    _keep(session, file, business_now)
    parts = [{"bundle": "POT-1", "part": "TEA-100", "qty": "1"}]
    faults = _faults(session, {"goods": [{"code": "POT-1", "bundle": True}], "bundle_parts": parts}, business_now)
    assert faults["bundle_parts[0]"].startswith("pieces of POT-1 are on hand")


_THREE_CUPS = {"bundle_parts": [{"bundle": "SET-1", "part": "CUP-1", "qty": "3"}]}


@pytest.mark.parametrize(
    ("code", "later"),
    [
        ("SET-1", _THREE_CUPS),
        ("SET-1", {"goods": [{"code": "SET-1", "name_en": "Tea and three cups"}], **_THREE_CUPS}),
        ("SET-1", {"goods": [_POT], "bundle_parts": [{"bundle": "SET-1", "part": "POT-1", "qty": "1"}]}),
        ("SET-1", {"goods": [{"code": "SET-1", "bundle": False}]}),
        ("CUP-1", {"goods": [{"code": "CUP-1", "bundle": True}]}),
    ],
)
def test_a_set_that_was_ordered_stays_what_it_is(session, file, business_now, code, later):
    """A line of sets is reserved, shipped and sent back by their parts as they stand: with others it would never be complete."""
    _keep(session, file, business_now)
    sku = session.query(Sku).filter_by(code=code).one()
    make_order(session, lines=[{"qty": Decimal(1), "sku_id": sku.id}])
    [(_, words)] = _faults(session, later, business_now).items()
    assert words == f"{code} was ordered as it is: make another good, and write active: false for this one"


def test_a_set_that_was_ordered_may_be_called_otherwise_and_one_that_was_empty_be_filled(session, file, business_now):
    _keep(session, file, business_now)
    empty = make_sku(session, code="OLD-1", bundle=True)
    for sku in (empty, session.query(Sku).filter_by(code="SET-1").one()):
        make_order(session, lines=[{"qty": Decimal(1), "sku_id": sku.id}])
    later = {
        "goods": [{"code": "SET-1", "name_en": "A present"}],
        "bundle_parts": [{"bundle": "OLD-1", "part": "CUP-1", "qty": "2"}],
    }
    assert _keep(session, later, business_now) == Kept({"bundle_parts": 1}, {"goods": 1})


def test_all_faults_are_told_at_once(session, file, business_now):
    file["goods"][0]["weight_g"], file["cartons"][0]["price"] = -1, 2
    del file["warehouses"][0]["name_zh"]
    faults = _faults(session, file, business_now)
    assert {"goods[0].weight_g", "cartons[0].price", "warehouses[0].name_zh"} <= faults.keys()


@pytest.mark.parametrize("file", [[], {}, None, {"shops": []}, {"goods": {}}, {"goods": [1]}])
def test_what_is_no_set_up_file_is_refused(session, file, business_now):
    with pytest.raises(InputInvalid):
        _keep(session, file, business_now)


def test_the_command_says_what_it_did_and_a_wrong_file_changes_nothing(
    clean_database: CleanDatabase, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, file: dict[str, Any],
    tmp_path: Path, capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    wrong, path = copy.deepcopy(file), tmp_path / "house.json"
    wrong["opening_stock"][0]["qty"] = "many"
    path.write_text(json.dumps(wrong), encoding="utf-8")
    assert main(["set-up", str(path)]) == 1
    assert "opening_stock[0].qty: write digits" in capfd.readouterr().err
    with clean_database.database.transaction() as session:
        assert _rows(session, "SELECT count(*) FROM sku") == [(0,)]
    path.write_text(json.dumps(file, ensure_ascii=False), encoding="utf-8")
    assert main(["set-up", str(path)]) == 0
    assert "goods: 3 new, 0 changed" in capfd.readouterr().out
    assert main(["set-up", str(path)]) == 0
    assert "nothing is new" in capfd.readouterr().out


@pytest.mark.parametrize("given", ["{", '{"goods": ', "[" * 100_000])
def test_a_file_that_is_no_json_is_wrong_usage(
    given: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode())))
    assert main(["set-up", "-"]) == 64
    said = capsys.readouterr().err
    assert "no JSON" in said or "nested too deep" in said
