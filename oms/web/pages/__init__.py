"""The pages: THE table of their files. Add your blueprint here, and your entry to `menu.py`."""

from __future__ import annotations

from flask import Blueprint, Flask

from oms.web.pages import (
    entry,
    handover,
    holds,
    home,
    inbound,
    kpi,
    menu,
    order_actions,
    order_changes,
    orders,
    own_password,
    packing,
    parcels,
    picking,
    public,
    put_back,
    receiving,
    refunds,
    returns,
    samples,
    settings,
    sign_in,
    tickets,
    waves,
    worklist,
)

PAGES: tuple[Blueprint, ...] = (
    sign_in.pages,
    own_password.pages,
    home.pages,
    worklist.pages,
    worklist.parked_pages,
    # the desk
    entry.pages,
    orders.pages,
    order_actions.pages,
    order_changes.pages,
    holds.pages,
    samples.pages,
    inbound.pages,
    # the floor
    waves.pages,
    picking.pages,
    packing.pages,
    parcels.pages,
    handover.pages,
    receiving.pages,
    put_back.pages,
    # after-sales
    tickets.pages,
    returns.pages,
    refunds.pages,
    # figures and numbers
    kpi.pages,
    settings.pages,
    # without a login
    public.pages,
)


#: Where a form carries a scanned or photographed paper: the most bytes of its whole body.
WITH_A_PAPER = {"order_actions.sign": order_actions.PAPER_BYTES + 64 * 1024}


def register(app: Flask) -> None:
    """Put every page and the menu into this application."""
    for blueprint in PAGES:
        app.register_blueprint(blueprint)
    app.context_processor(lambda: {"menu": menu.shown})
