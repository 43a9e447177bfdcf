"""THE menu: what stands in it, for whom. An entry whose page is not there yet is not shown."""

from __future__ import annotations

from typing import NamedTuple

from flask import current_app, request, url_for
from flask_babel import LazyString, lazy_gettext

from oms.web import auth


class Entry(NamedTuple):
    """One entry; it is marked when the page shown belongs to the same blueprint."""

    endpoint: str
    label: LazyString
    right: str


MENU: tuple[Entry, ...] = (
    Entry("home.show", lazy_gettext("Today"), "worklist.read"),
    Entry("worklist.show", lazy_gettext("Worklist"), "worklist.read"),
    Entry("orders.index", lazy_gettext("Orders"), "order.read"),
    Entry("entry.form", lazy_gettext("New order"), "order.enter"),
    Entry("messages.index", lazy_gettext("Messages"), "message.read"),
    Entry("holds.index", lazy_gettext("Holds"), "hold.read"),
    Entry("waves.index", lazy_gettext("Waves"), "wave.read"),
    Entry("picking.index", lazy_gettext("Picking"), "pick"),
    Entry("packing.index", lazy_gettext("Packing"), "pack"),
    Entry("handover.index", lazy_gettext("Hand-over"), "hand_over"),
    Entry("receiving.form", lazy_gettext("Goods in"), "stock.change"),
    Entry("put_back.index", lazy_gettext("Put-back"), "put_back"),
    Entry("tickets.index", lazy_gettext("Tickets"), "ticket.read"),
    Entry("returns.index", lazy_gettext("Returns"), "return.read"),
    Entry("refunds.index", lazy_gettext("Refunds"), "refund.read"),
    Entry("kpi.index", lazy_gettext("KPI"), "kpi.read"),
    Entry("parked.show_parked", lazy_gettext("Parked"), "parked.read"),
    Entry("settings.index", lazy_gettext("Settings"), "settings.read"),
)


class Shown(NamedTuple):
    url: str
    label: LazyString
    current: bool


def shown() -> list[Shown]:
    """The entries for the one who looks."""
    found = auth.known_identity()
    if found is None:
        return []
    entries = [row for row in MENU if row.endpoint in current_app.view_functions and found.may(row.right)]
    return [Shown(url_for(row.endpoint), row.label, _is_here(row.endpoint)) for row in entries]


def _is_here(endpoint: str) -> bool:
    return (request.endpoint or "").partition(".")[0] == endpoint.partition(".")[0]
