"""People and their roles (G-1)."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from oms.accounts import api_keys, staff
from oms.accounts.models import Staff
from oms.accounts.staff import NewStaff
from oms.errors import InputInvalid, NotAllowed
from oms.invariants.check import check
from oms.journey import lifecycle


def test_roles_are_set_by_another(session: Session, business_now: datetime) -> None:
    new = NewStaff("ann", "Ann", ("order_specialist",), "a long enough passphrase")
    [staff_id] = staff.create(session, new=[new], environment="test", actor="staff:boss", now=business_now).values()
    with pytest.raises(NotAllowed):
        staff.set_roles(
            session, staff_id=staff_id, roles=["general_manager"], actor=f"staff:{staff_id}", now=business_now
        )
    staff.set_roles(session, staff_id=staff_id, roles=["order_manager"], actor="staff:boss", now=business_now)
    assert session.get_one(Staff, staff_id).roles == ["order_manager"]


def test_nobody_signs_in_as_a_distributor(session: Session, business_now: datetime) -> None:
    # A session has no channel, so that a distributor's rights would reach the orders of every other.
    new = NewStaff("dealer", "Dealer", ("distributor",), "a long enough passphrase")
    with pytest.raises(InputInvalid, match="oms key add"):
        staff.create(session, new=[new], environment="test", actor="staff:boss", now=business_now)
    new = NewStaff("ann", "Ann", ("order_specialist",), "a long enough passphrase")
    [staff_id] = staff.create(session, new=[new], environment="test", actor="staff:boss", now=business_now).values()
    with pytest.raises(InputInvalid, match="distributor"):
        staff.set_roles(session, staff_id=staff_id, roles=["distributor"], actor="staff:boss", now=business_now)
    assert session.get_one(Staff, staff_id).roles == ["order_specialist"]


def test_nobody_sets_their_own_roles_under_their_login(session: Session, business_now: datetime) -> None:
    # Whoever is signed in, or has a key of their own, is recorded by the login.
    new = NewStaff("ann", "Ann", ("admin",), "a long enough passphrase")
    [staff_id] = staff.create(session, new=[new], environment="test", actor="staff:boss", now=business_now).values()
    with pytest.raises(NotAllowed, match="G-1"):
        staff.set_roles(session, staff_id=staff_id, roles=["general_manager"], actor="ann", now=business_now)
    assert session.get_one(Staff, staff_id).roles == ["admin"]


def test_the_record_tells_who_gave_themselves_a_role_under_their_login(
    session: Session, business_now: datetime
) -> None:
    new = NewStaff("ann", "Ann", ("admin",), "a long enough passphrase")
    [staff_id] = staff.create(session, new=[new], environment="test", actor="staff:boss", now=business_now).values()
    assert check(session, names=["nobody_gave_themselves_a_role"]) == []
    note = lifecycle.Note("staff", staff_id, "staff.roles_set", "", became="general_manager")
    lifecycle.note(session, [note], actor="ann", now=business_now)
    assert [found.subject for found in check(session, names=["nobody_gave_themselves_a_role"])] == [str(staff_id)]


def test_a_persons_key_may_no_more_than_the_person(session: Session, business_now: datetime) -> None:
    new = NewStaff("ann", "Ann", ("finance", "hr"), "a long enough passphrase")
    [staff_id] = staff.create(session, new=[new], environment="test", actor="staff:boss", now=business_now).values()
    key = api_keys.create(
        session, name="ann", roles=["finance", "hr"], staff_id=staff_id, actor="staff:boss", now=business_now
    ).key
    staff.set_roles(session, staff_id=staff_id, roles=["hr"], actor="staff:boss", now=business_now)
    who = api_keys.who(session, key=key, now=business_now)
    assert who is not None
    assert who.roles == {"hr"}


@pytest.mark.parametrize("login", ["system", "customer", "key:omsabc", "channel:shop", "staff:boss"])
def test_nobody_is_called_what_the_record_calls_a_machine(session: Session, business_now: datetime, login: str) -> None:
    new = NewStaff(login, "Ann", ("finance",), "a long enough passphrase")
    with pytest.raises(InputInvalid, match="choose another"):
        staff.create(session, new=[new], environment="test", actor="staff:boss", now=business_now)
