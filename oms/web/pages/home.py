"""The first page: what waits for one's roles, and how it stands against its clocks."""

from __future__ import annotations

from flask import Blueprint, render_template

from oms import db
from oms.accounts.identity import Identity
from oms.accounts.rights import SIGNED_IN
from oms.journey import backlog, flow
from oms.web import edge
from oms.web.auth import me, right

pages = Blueprint("home", __name__)

#: Roles that are the performer of some step: they have a worklist of their own.
HOUSE = frozenset(row.performer for row in flow.FLOW.values()) - {
    flow.SYSTEM,
    flow.CUSTOMER,
    flow.CARRIER,
    flow.SUPPLIER,
}


def lists_of(who: Identity) -> frozenset[str]:
    """The roles whose worklists are this person's own; a worklist is of all channels, and nobody's who sees only one."""
    return who.roles & HOUSE if who.channel_id is None else frozenset()


@pages.get("/")
@right(SIGNED_IN)
def show() -> str:
    """Tiles of one's own work; those who only look on see what waits for everyone in the house."""
    who = me()
    own = lists_of(who)
    seen = own or (HOUSE if who.may("worklist.read") else frozenset())
    with edge.transaction() as session:
        now = db.now(session)
        loads = backlog.load_of(session, performers=seen, staff_id=who.staff_id, now=now)
        parked = backlog.parked_count(session) if who.may("parked.read") else 0
    return render_template("home/show.html", loads=loads, parked=parked, now=now, own=own, who=who)
