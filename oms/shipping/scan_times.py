"""When a scan of the carrier counts: never before there was a label to scan nor after it was told, whatever its clock says (F-6, K-2)."""

from __future__ import annotations

#: Clocks of others run behind or ahead, and some tell no seconds: an hour is let pass, and a scan from so shortly before its label
#: counts as made with it. What is dated earlier, or later than it was told, was made nobody knows when, so it counts from when
#: we were told of it; its own date is kept and shown.
COUNTS_AT = """
    CASE WHEN {scan}.at < {parcel}.booked_at - interval '1 hour' OR {scan}.at > {scan}.received_at + interval '1 hour'
         THEN {scan}.received_at ELSE greatest({scan}.at, {parcel}.booked_at) END
"""


def counts_at(scan: str, parcel: str) -> str:
    """The moment at which a row of `tracking_event` counts, in SQL; `scan` and `parcel` are what its statement calls the tables."""
    return COUNTS_AT.format(scan=scan, parcel=parcel)
