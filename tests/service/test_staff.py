"""People and their roles (G-1)."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from oms.accounts import staff
from oms.accounts.models import Staff
from oms.accounts.staff import NewStaff
from oms.errors import NotAllowed


def test_roles_are_set_by_another(session: Session, business_now: datetime) -> None:
    new = NewStaff("ann", "Ann", ("order_specialist",), "a long enough passphrase")
    [staff_id] = staff.create(session, new=[new], environment="test", actor="staff:boss", now=business_now).values()
    with pytest.raises(NotAllowed):
        staff.set_roles(
            session, staff_id=staff_id, roles=["general_manager"], actor=f"staff:{staff_id}", now=business_now
        )
    staff.set_roles(session, staff_id=staff_id, roles=["order_manager"], actor="staff:boss", now=business_now)
    assert session.get_one(Staff, staff_id).roles == ["order_manager"]
