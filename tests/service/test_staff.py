"""People and their roles (G-1)."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from oms.accounts import staff
from oms.accounts.models import Staff
from oms.accounts.staff import NewStaff
from oms.errors import InputInvalid, NotAllowed


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
