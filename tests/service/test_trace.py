"""`oms trace`: the walk of a real order; `oms doctor`: what is wrong, all at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from oms import db
from oms.accounts.models import Staff
from oms.aftersales import order_walk
from oms.cli import main, trace
from oms.db import new_id
from oms.errors import NotFound
from oms.intake.models import InboundMessage
from oms.journey import flow, holiday_tables, steps
from oms.journey.calendar_models import NationalYear
from oms.journey.models import HistoryEntry, Step
from oms.journey.steps import Done, NewStep
from oms.orders.models import Order
from oms.parties.models import Channel
from tests.conftest import CleanDatabase
from tests.factories.changes import apply_all, statements, wish
from tests.factories.orders import make_channel, make_order
from tests.factories.packed import handed_over, served_floor


@pytest.fixture
def order(session: Session, business_now: datetime) -> Order:
    parcel = handed_over(session, served_floor(session), business_now)
    return session.get_one(Order, parcel.order_id, populate_existing=True)


def _text(session: Session, order: Order) -> str:
    return "\n".join(trace.lines(session, order=order))


def test_every_kind_of_an_orders_life_has_its_leg() -> None:
    legs = [kind for leg in order_walk.WALK for kind in leg.kinds]
    technical = {"poll", "track", "fold_kpi", "compute_kpi", "check_invariants", "daily_sample"}
    assert len(legs) == len(set(legs))
    assert set(flow.FLOW) - technical <= set(legs)


def test_the_walk_shows_what_each_leg_left_behind(session: Session, order: Order) -> None:
    told = _text(session, order)
    for mark in (
        order.number,
        "allocate",
        "released",
        "fulfilment FO-",
        "pick: 2 right scans",
        "waybill",
        "handed over",
    ):
        assert mark in told
    assert [line[:3].strip() for line in told.splitlines() if "[" in line] == [str(n) for n in range(1, 11)]


def test_a_step_shows_its_person_its_outcome_and_that_it_is_late(session: Session, business_now: datetime) -> None:
    li = Staff(login="li", name="Li Na", password_hash="-", created_at=business_now)
    session.add(li)
    order = make_order(session)
    steps.open_steps(session, [NewStep("review", order.id, order_id=order.id)], now=business_now - timedelta(days=3))
    found = steps.find(session, kind="review", subject_ids=[order.id])
    steps.finish(session, [steps.Done(found[order.id], "rejected")], by=f"staff:{li.id}", now=business_now)
    [line] = [line for line in _text(session, order).splitlines() if "review  " in line]
    assert "Li Na" in line
    assert line.endswith("rejected  LATE")


def test_a_change_stands_in_the_walk(session: Session, business_now: datetime) -> None:
    order = make_order(session)
    wish(session, order, business_now, kind="cancellation")
    apply_all(session, business_now)
    told = _text(session, order)
    assert "cancellation by channel:shop, applied" in told
    assert "message cancelled waiting" in told


def test_a_walk_takes_few_statements_however_long_it_is(session: Session, order: Order) -> None:
    with statements(session) as seen:
        _text(session, order)
    assert len(seen) <= 6


@pytest.mark.parametrize("typed", ["{number}", "{lower}", "{spaced}", "{channel}", "{bare}"])
def test_an_order_is_found_however_its_number_is_typed(session: Session, typed: str) -> None:
    order = make_order(session)
    number = typed.format(
        number=order.number, lower=order.number.lower().replace("-", ""), spaced=f" {order.number.replace('-', ' ')} ",
        channel=order.channel_order_number, bare=order.channel_order_number.removeprefix("#"),
    )  # fmt: skip
    assert [found.id for found in trace.find(session, number=number)] == [order.id]


def test_an_unknown_number_says_whether_it_was_mistyped(session: Session) -> None:
    with pytest.raises(NotFound, match="check digit"):
        trace.find(session, number="SO-2222-2222-9")


# ------------------------------------------------------------------ doctor


@pytest.fixture
def installed(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, clean_database: CleanDatabase) -> CleanDatabase:
    """A house that knows the holidays of this year and the next: those that come with the release end with some year."""
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with clean_database.database.transaction() as session:
        now = db.now(session)
        told: dict[str, Any] = {"country": "CN", "makeup_workdays": [], "by": "test", "why": "told", "created_at": now}
        session.add_all(
            NationalYear(year=year, days_off=[f"{year}-01-01"], **told) for year in (now.year, now.year + 1)
        )
    return clean_database


def _doctor(capsysbinary: pytest.CaptureFixture[bytes]) -> tuple[int, str]:
    code = main(["doctor"])
    return code, capsysbinary.readouterr().out.decode()


@pytest.mark.parametrize("last", [holiday_tables.CHINA_LAST_YEAR, 2025])
def test_a_sound_house_has_no_fault_in_whatever_year_the_releases_own_table_ends(
    installed: CleanDatabase, capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch, last: int
) -> None:
    monkeypatch.setattr(holiday_tables, "CHINA_LAST_YEAR", last)
    holiday_tables.national_days.cache_clear()
    code, told = _doctor(capsysbinary)
    holiday_tables.national_days.cache_clear()
    assert (code, "FAULT" in told) == (0, False), told
    assert "redis: answers" in told


@pytest.mark.parametrize(("proxies", "told"), [("0", True), ("1", False)])
def test_a_house_behind_tls_is_asked_for_its_proxies(
    installed: CleanDatabase, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes],
    proxies: str, told: bool,
) -> None:  # fmt: skip
    """Else each customer's signature comes from the proxy's own address."""
    monkeypatch.setenv("OMS_BASE_URL", "https://oms.example")
    monkeypatch.setenv("OMS_PROXIES", proxies)
    code, words = _doctor(capsysbinary)
    assert (code, "warn  proxies: " in words) == (0, told), words


def test_every_wrong_setting_is_told_together(
    installed: CleanDatabase, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setenv("OMS_ZONE", "Moon/Crater")
    monkeypatch.delenv("OMS_SECRET_KEY")
    code, told = _doctor(capsysbinary)
    assert (code, told.count("FAULT")) == (1, 2)


def test_a_database_that_is_away_is_a_fault_and_redis_a_word(
    installed: CleanDatabase, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setenv("OMS_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    monkeypatch.setenv("OMS_REDIS_URL", "redis://127.0.0.1:1/0")
    code, told = _doctor(capsysbinary)
    assert code == 1
    assert "warn  redis" in told
    assert "FAULT database" in told


def _stuck(session: Session) -> None:
    order = make_order(session)
    steps.open_steps(session, [NewStep("verify", order.id, order_id=order.id)], now=order.received_at)
    session.query(Step).update({"run_after": text("clock_timestamp() - interval '1 hour'")})


def _parked(session: Session) -> None:
    _stuck(session)
    session.query(Step).update({"state": "parked"})


def _unsealed(session: Session) -> None:
    at = session.execute(text("SELECT clock_timestamp() - interval '1 hour'")).scalar_one()
    session.add(HistoryEntry(subject_type="x", subject_id=new_id(), at=at, actor="system", event="e", cause="c"))


def _moved_clock(session: Session) -> None:
    session.execute(text("INSERT INTO business_clock (id, offset_s) VALUES (1, 3600)"))


def _behind(session: Session) -> None:
    make_channel(session, name="shop", polled=True)
    session.query(Channel).update({"polled_until": text("clock_timestamp() - interval '1 day'")})


def _never_answered(session: Session) -> None:
    channel = make_channel(session, name="shop", polled=True)
    now = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    steps.open_steps(session, [NewStep("poll", channel.id, subject_type="channel")], now=now)
    [step] = steps.find(session, kind="poll", subject_ids=[channel.id]).values()
    steps.finish(session, [Done(step, "failed", error="the shop answered 401")], by="system", now=now)


def _spoke(session: Session, name: str, *, hours_ago: float, way: str = "web_shop") -> None:
    at = db.now(session) - timedelta(hours=hours_ago)
    what: dict[str, Any] = {"way": "webhook", "body_sha256": b"-", "body": b"{}", "headers": {}, "size": 2}
    channel = make_channel(session, name=name, way=way)
    session.add(InboundMessage(channel_id=channel.id, event_id="1", received_at=at, received_by="web", **what))


def _fell_silent(session: Session) -> None:
    _spoke(session, "shop", hours_ago=25)


def _mailbox_fell_silent(session: Session) -> None:
    _spoke(session, "mails", hours_ago=72, way="email")


def _not_migrated(session: Session) -> None:
    session.execute(text("CREATE TABLE IF NOT EXISTS alembic_version (version_num varchar(32))"))
    session.execute(text("DELETE FROM alembic_version"))
    session.execute(text("INSERT INTO alembic_version VALUES ('0000')"))


def _missing_year(session: Session) -> None:
    years = text("INSERT INTO business_clock (id, offset_s) VALUES (1, 20 * 365 * 86400)")
    session.execute(years)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (_stuck, "FAULT queues: inside"),
        (_parked, "FAULT parked: 1 step"),
        (_unsealed, "FAULT seals"),
        (_moved_clock, "warn  clock: business time is moved by 3600 s"),
        (_behind, "FAULT channels: shop"),
        (_never_answered, "FAULT channels: shop: not asked for orders yet: the shop answered 401"),
        (_fell_silent, "warn  channels: shop: no message for more than 24 h: is its webhook set up?"),
        (_mailbox_fell_silent, "warn  channels: mails: no message for more than 24 h: does the mail listener run?"),
        (_not_migrated, "FAULT migrations: the database is at 0000"),
        (_missing_year, "FAULT calendar"),
    ],
)
def test_the_doctor_finds_it(
    installed: CleanDatabase, capsysbinary: pytest.CaptureFixture[bytes], spoil: object, says: str
) -> None:
    with installed.database.transaction() as session:
        spoil(session)  # type: ignore[operator]
    code, told = _doctor(capsysbinary)
    assert says in told
    assert code == int("FAULT" in says)


def test_nobody_waits_for_a_channel_that_spoke_today_or_is_asked_or_is_a_person(
    installed: CleanDatabase, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    with installed.database.transaction() as session:
        _spoke(session, "shop", hours_ago=23)
        _spoke(session, "phone", hours_ago=72, way="phone")
        make_channel(session, name="new")
    code, told = _doctor(capsysbinary)
    assert (code, "ok    channels: well" in told) == (0, True), told


def test_the_command_prints_an_order_or_says_that_there_is_none(
    installed: CleanDatabase, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    with installed.database.transaction() as session:
        number = make_order(session).number
    assert main(["trace", number]) == 0
    assert number in capsysbinary.readouterr().out.decode()
    assert main(["trace", "SO-0000"]) == 1
