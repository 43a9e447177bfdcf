"""Who is meant by the logins that history and steps record."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from oms.accounts.models import Staff


def by_login(session: Session, *, logins: Collection[str | None]) -> dict[str, str]:
    """People's names by login; an actor that is no person is missing from the answer."""
    wanted = {login for login in logins if login}
    if not wanted:
        return {}
    rows = session.execute(select(Staff.login, Staff.name).where(Staff.login.in_(wanted)))
    return {row.login: row.name for row in rows}
