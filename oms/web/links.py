"""Where a thing's page is: THE table of step kinds and subjects. A row may come before its page; it links once that is there."""

from __future__ import annotations

from typing import Any

from flask import current_app, url_for

#: Subject type -> endpoint of its page and the name of its id there.
SUBJECTS: dict[str, tuple[str, str]] = {
    "order": ("orders.show", "order_id"),
    "inbound_message": ("messages.show", "message_id"),
    "ticket": ("tickets.show", "ticket_id"),
    "return": ("returns.show", "return_id"),
    "refund": ("refunds.show", "refund_id"),
    "parcel": ("parcels.show", "parcel_id"),
    "hand_over_list": ("handover.show", "list_id"),
}

#: Step kind -> endpoint of the page where it is done, which takes the subject's id under that name.
#: A kind without a row is done on its subject's page.
WORK: dict[str, tuple[str, str]] = {
    "pick": ("picking.of_fulfilment", "fulfilment_id"),
    "pack": ("packing.show", "fulfilment_id"),
    "sample_review": ("samples.show", "order_id"),
    "put_back": ("put_back.show", "fulfilment_id"),
}


def to_order(order_id: Any) -> str | None:
    """The order's page; None while there is none."""
    return _url(SUBJECTS["order"], order_id)


def to_work(kind: str, subject_type: str, subject_id: Any, order_id: Any) -> str | None:
    """Where a step is done: the kind's own page, else its subject's, else its order's."""
    own = _url(WORK.get(kind), subject_id) or _url(SUBJECTS.get(subject_type), subject_id)
    return own or (to_order(order_id) if order_id else None)


def _url(row: tuple[str, str] | None, value: Any) -> str | None:
    if row is None or row[0] not in current_app.view_functions:
        return None
    return url_for(row[0], **{row[1]: value})
