"""KPIs through the API: each figure with the orders behind it; persons only for those who may (K-1, K-2)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from oms import db
from oms.accounts.models import Staff
from oms.clock import Month, month_of, zone_named
from oms.journey import touched
from oms.kpi import fold
from oms.kpi.monthly import keep
from oms.orders.models import Order
from tests.conftest import BUSINESS_NOW
from tests.factories.floor import make_floor, released
from tests.service.test_kpi_report import House
from tests.web.caller import fields, person


@pytest.fixture
def month(api):
    """A month in which one picker's step ended in time; at its end the step would be due in the next one."""
    api.set_clock(BUSINESS_NOW)
    with api.transaction() as session:
        now = db.now(session)
        released(session, make_floor(session), now)
        api.month = f"{now:%Y-%m}"
    api.boss = person(api, "general_manager")
    return api


def test_a_months_figures_are_read_by_dimension(month):
    told = month.boss.get(f"/kpi/{month.month}").get_json()
    assert told["provisional"]
    assert {figure["dimension"] for figure in told["figures"]} == {None}
    by_stage = month.boss.get(f"/kpi/{month.month}", dimension="stage").get_json()["figures"]
    assert {figure["dimension"] for figure in by_stage} == {"stage"}


def test_a_figure_lists_its_orders_page_by_page(month):
    path = f"/kpi/{month.month}/on_time/lines"
    whole = month.boss.items(path, limit=200)
    assert {line["order"] for line in whole} == {month.rows("SELECT number FROM orders")[0][0]}
    first = month.boss.get(path, limit=1).get_json()
    rest = month.boss.items(path, limit=200, cursor=first["next"])
    assert first["items"] + rest == whole


def test_the_floor_is_told_by_errors_in_ten_thousand_too(api):
    api.set_clock(BUSINESS_NOW)
    with api.transaction() as session:
        House(session).whole_line()
    figures = person(api, "general_manager").get("/kpi/2026-11").get_json()["figures"]
    told = {one["kpi"]: one["errors_per_10000"] for one in figures if one["dimension"] is None}
    assert (told["pick_accuracy"], told["on_time"]) == ("0.00", None)
    page = api.client("order_manager", language="zh_Hans").get("/kpi/2026-11").get_data(as_text=True)
    assert "每万件差错 0.00" in page


def test_figures_of_persons_are_for_those_who_may_see_them(month):
    clerk = person(month, "warehouse")
    assert clerk.get(f"/kpi/{month.month}", dimension="person").status_code == 403
    assert month.boss.get(f"/kpi/{month.month}", dimension="person").status_code == 200
    assert {line["person"] for line in clerk.items(f"/kpi/{month.month}/on_time/lines")} == {None}


def test_a_month_that_is_none_or_has_not_begun_is_refused(month):
    assert "month" in fields(month.boss.get("/kpi/November"))
    assert "month" in fields(month.boss.get("/kpi/2090-01"))
    assert "kpi" in fields(month.boss.get(f"/kpi/{month.month}/happiness/lines"))


def test_a_span_is_of_120_months_and_no_more(month):
    assert month.boss.get("/kpi", **{"from": "2017-01", "to": "2026-12"}).status_code == 200
    assert "to" in fields(month.boss.get("/kpi", **{"from": "2016-12", "to": "2026-12"}))


def test_a_name_is_never_taken_for_the_login_of_another(api):
    """Whoever signs in as "Li N-1" had all figures of the person who is called so, on the page and in the list behind it."""
    api.set_clock(BUSINESS_NOW)
    with api.transaction() as session:
        House(session).whole_line()
        session.add(Staff(login="Li N-1", name="Somebody Else", password_hash="-", created_at=BUSINESS_NOW))
    boss = api.client("order_manager")
    for path in ("2026-11?by=person", "2026-11/pick_accuracy", "2026-11/pick_accuracy?by=person&value=Li+N-1"):
        page = boss.get(f"/kpi/{path}").get_data(as_text=True)
        assert "Li N-1" in page
        assert "Somebody Else" not in page


def test_an_error_that_was_found_after_its_month_was_frozen_is_shown_in_the_month_of_now(api):
    api.set_clock(BUSINESS_NOW + timedelta(days=20))
    with api.transaction() as session:
        house, now = House(session), db.now(session)
        house.whole_line()
        keep(session, month=Month(2026, 11), now=now)
        house.error("entry", house.li.login, now)
    month = month_of(now, zone_named(api.settings.zone))
    [told] = person(api, "general_manager").get(f"/kpi/{month}").get_json()["corrections"]
    assert (told["order"], told["month"], told["person"], told["lifted"]) == ("N-1", "2026-11", "Li N-1", False)
    [seen] = person(api, "warehouse").get(f"/kpi/{month}").get_json()["corrections"]
    assert seen["person"] is None
    page = api.client("order_manager", language="zh_Hans").get(f"/kpi/{month}").get_data(as_text=True)
    assert "关账后的更正" in page
    assert "Li N-1" in page
    assert "Li N-1" not in api.client("warehouse").get(f"/kpi/{month}").get_data(as_text=True)


def test_what_is_told_after_its_month_was_closed_says_so(api):
    api.set_clock(BUSINESS_NOW + timedelta(days=20))
    with api.transaction() as session:
        now = db.now(session)
        keep(session, month=Month(2026, 11), now=now)
        House(session, "M-1")
        touched.touch(session, session.scalars(select(Order.id)))
    with api.transaction() as session:
        fold.fold(session, now=db.now(session))
    month, boss = month_of(now, zone_named(api.settings.zone)), person(api, "general_manager")
    [told] = boss.get(f"/kpi/{month}").get_json()["told_later"]
    assert told == {"month": "2026-11", "kpi": "entry_accuracy_machine", "lines": 1, "numerator": 1, "denominator": 1}
    [line] = boss.items(f"/kpi/{month}/entry_accuracy_machine/lines")
    assert (line["order"], line["why"], line["of_month"]) == ("M-1", "right", "2026-11")
    reader = api.client("order_manager", language="zh_Hans")
    assert "关账后才得知" in reader.get(f"/kpi/{month}").get_data(as_text=True)
    shown = reader.get(f"/kpi/{month}/entry_accuracy_machine").get_data(as_text=True)
    assert "属 2026-11，关账后才得知: 无差错" in shown
