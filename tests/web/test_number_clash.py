"""A number that stands already is drawn now and then: the work is done once more with another, and nobody notices (I-3)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from oms import db, numbers
from oms.accounts.models import Staff
from tests.factories.verification import make_house, make_web_order
from tests.web.caller import person

STANDING = "TK-2222-2222-2"


@pytest.fixture
def desk(api):
    with api.transaction() as session:
        api.order = make_web_order(session, make_house(session), status="confirmed")
    return person(api, "customer_service")


def ticket(desk, order):
    return desk.post("/tickets", {"kind": "question", "order": order.number, "subject": "when?", "body": "when?"})


def drawing(monkeypatch: pytest.MonkeyPatch, found: Iterator[str]) -> None:
    monkeypatch.setattr(numbers, "new_number", lambda prefix: next(found))


def test_a_number_that_stands_is_drawn_anew(api, desk, monkeypatch):
    drawing(monkeypatch, iter([STANDING, STANDING, "TK-3333-3333-3"]))
    first, second = ticket(desk, api.order), ticket(desk, api.order)
    assert (first.status_code, second.status_code) == (201, 201), second.get_data(as_text=True)
    assert [one.get_json()["number"] for one in (first, second)] == [STANDING, "TK-3333-3333-3"]
    with api.transaction() as session:
        assert session.execute(text("SELECT count(*) FROM ticket")).scalar_one() == 2


def test_who_draws_only_numbers_that_stand_is_told_so_and_nothing_is_kept(api, desk, monkeypatch):
    drawing(monkeypatch, iter([STANDING] * 9))
    assert ticket(desk, api.order).status_code == 201
    assert ticket(desk, api.order).status_code == 500
    with api.transaction() as session:
        assert session.execute(text("SELECT count(*) FROM ticket")).scalar_one() == 1


def test_what_is_no_number_is_not_tried_again(api):
    """Two of one sign-in name stay a fault, however often they are tried."""
    tries = []

    def work() -> None:
        tries.append(1)
        with api.transaction() as session:
            session.add_all(
                Staff(login="twice", name="T", password_hash="-", created_at=db.now(session)) for _ in range(2)
            )
            session.flush()

    with pytest.raises(IntegrityError):
        db.again(work)
    assert len(tries) == 1
