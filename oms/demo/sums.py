"""What a day adds up to: orders, labels, mails, stock, money; the same whatever was killed while it ran."""

from __future__ import annotations

from collections.abc import Mapping
from email import message_from_binary_file, policy
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from oms.demo.place import ORDERS_ADDRESS
from oms.demo.scenario import LABELS, MAILS
from oms.journey import flow

#: Asked for again and again, so there is always one of them to come.
_PERIODIC = ("poll", "track", "fold_kpi", "compute_kpi", "check_invariants", "daily_sample")
#: A step that waits so long or less is one that was put back after a failure, and is waited for.
_SOON_S = 60

_WAITING = text("""
    SELECT count(*) FROM step WHERE kind = ANY(CAST(:kinds AS text[])) AND state IN ('open', 'claimed')
    AND run_after < clock_timestamp() + make_interval(secs => :soon_s)
""")
_COUNTS = text("""
    SELECT (SELECT count(*) FROM orders) AS orders, (SELECT count(*) FROM inbound_message) AS messages,
           (SELECT count(*) FROM inbound_message WHERE status = 'quarantined') AS quarantined,
           (SELECT count(*) FROM parcel WHERE label_status <> 'voided') AS labels,
           (SELECT count(*) FROM message WHERE status = 'sent') AS mails,
           (SELECT count(*) FROM step WHERE state = 'parked') AS parked, (SELECT count(*) FROM history_entry) AS history
""")
_MAILS = text(
    "SELECT template, count(*) AS mails FROM message WHERE status = 'sent' GROUP BY template ORDER BY template"
)
_STOCK = text("""
    SELECT w.code AS warehouse, k.code AS sku, s.on_hand, s.reserved, s.safety FROM stock s
    JOIN warehouse w ON w.id = s.warehouse_id JOIN sku k ON k.id = s.sku_id ORDER BY w.code, k.code
""")
_MONEY = text("""
    SELECT currency, sum(total) AS ordered, sum(total) FILTER (WHERE status <> 'cancelled') AS in_effect,
           sum(total) FILTER (WHERE payment_status = 'paid') AS paid,
           (SELECT coalesce(sum(amount), 0) FROM refund r WHERE r.currency = o.currency) AS refunds,
           (SELECT coalesce(sum(amount), 0) FROM refund r WHERE r.currency = o.currency AND r.status = 'succeeded') AS paid_out
    FROM orders o GROUP BY currency ORDER BY currency
""")


def waiting(session: Session) -> int:
    """How many steps the system still has to do itself, now or within a minute; 0 when the day has come to rest."""
    kinds = [k for k, row in flow.FLOW.items() if row.performer == flow.SYSTEM and k not in _PERIODIC]
    return int(session.execute(_WAITING, {"kinds": kinds, "soon_s": _SOON_S}).scalar_one())


def counts(session: Session) -> dict[str, int]:
    """Rows of what matters."""
    return dict(session.execute(_COUNTS).one()._mapping)


def sums(session: Session, folder: Path) -> dict[str, Any]:
    """What a run with faults must have in common with one without; amounts are written as text."""
    return {
        "orders": counts(session)["orders"],
        "labels": {"here": counts(session)["labels"], "at_the_carrier": len(_labels(folder))},
        "mails": {row.template: row.mails for row in session.execute(_MAILS)},
        "mails_at_customers": len(set(_mails(folder))),
        "stock": [_texts(row._mapping) for row in session.execute(_STOCK)],
        "money": [_texts(row._mapping) for row in session.execute(_MONEY)],
    }


def mails_repeated(folder: Path) -> int:
    """How many mails came to a customer again, byte for byte under the same Message-ID: SMTP cannot be asked."""
    found = _mails(folder)
    return len(found) - len(set(found))


def disagreements(found: Mapping[str, Any]) -> list[str]:
    """Where we, the peers and the scenario count differently."""
    labels, mails = found["labels"], sum(found["mails"].values())
    words = [
        f"{found['mails'].get(name, 0)} mails {name} were sent, wanted {MAILS.get(name, 0)}"
        for name in sorted({*MAILS, *found["mails"]})
        if found["mails"].get(name, 0) != MAILS.get(name, 0)
    ]
    if labels["here"] != LABELS:
        words.append(f"we have {labels['here']} labels, wanted {LABELS}")
    if labels["here"] != labels["at_the_carrier"]:
        words.append(f"we have {labels['here']} labels, the carrier has made {labels['at_the_carrier']}")
    if mails != found["mails_at_customers"]:
        words.append(f"we have sent {mails} mails, customers have {found['mails_at_customers']}")
    return words


def _labels(folder: Path) -> list[Path]:
    return list((folder / "carrier" / "labels").glob("*.pdf"))


def _mails(folder: Path) -> list[tuple[str, str]]:
    """(address, Message-ID) of every mail that lies in a customer's mailbox."""
    paths = [p for place in ("new", "cur") for p in (folder / "mailbox" / "mail").glob(f"*/{place}/*")]
    return [(p.parts[-3], _message_id(p)) for p in paths if p.parts[-3] != ORDERS_ADDRESS]


def _message_id(path: Path) -> str:
    with path.open("rb") as file:
        return str(message_from_binary_file(file, policy=policy.compat32)["Message-ID"])


def _texts(row: Mapping[Any, Any]) -> dict[str, str]:
    return {str(key): str(value) for key, value in row.items()}
