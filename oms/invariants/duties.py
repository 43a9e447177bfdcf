"""Duties: who asks does not decide, and nobody gives themselves a role (I13).

What the product does not have (adjusting stock or a KPI by hand, opening an archive) has no rule here.
"""

from __future__ import annotations

from oms.invariants.table import Invariant
from oms.journey.policy_defaults import POLICY

# The limit may have been moved: what is above each one that ever held needed two people at any time.
_LIMIT = f"""
    SELECT greatest({POLICY["refund.approval_value"].default},
                    (SELECT max(CAST(value #>> '{{}}' AS numeric)) FROM policy_value WHERE key = 'refund.approval_value')) AS value
"""
# Of another currency it is told by rates that move: the limit itself is in the house's.
_CURRENCY = f"""
    SELECT coalesce((SELECT value #>> '{{}}' FROM policy_value WHERE key = 'house.currency'
                     ORDER BY valid_from DESC, id DESC LIMIT 1), '{POLICY["house.currency"].default}')
"""

DUTIES: dict[str, Invariant] = {
    "who_asked_did_not_approve": Invariant(
        "I13",
        "a refund is approved by another than who asked for it",
        """SELECT id AS subject, 'asked and approved by ' || approved_by AS detail FROM refund
           WHERE approved_by = requested_by AND approved_by <> 'system'""",
    ),
    "large_refunds_took_two": Invariant(
        "I13",
        "a refund above the limit was approved, and paid out by another than who approved it",
        f"""SELECT r.id AS subject, r.amount || ' approved by ' || coalesce(r.approved_by, 'nobody') || ', paid out by ' || h.actor AS detail
            FROM refund r JOIN history_entry h ON h.subject_type = 'refund' AND h.subject_id = r.id AND h.event = 'status.succeeded'
            WHERE r.currency = ({_CURRENCY}) AND r.amount >= ({_LIMIT}) AND (r.approved_by IS NULL OR r.approved_by = h.actor)""",
    ),
    "who_wished_did_not_decide": Invariant(
        "I13",
        "a change or cancellation is decided by another than who asked for it",
        """SELECT id AS subject, kind || ' asked and decided by ' || decided_by AS detail FROM change_request
           WHERE decided_by = requested_by""",
    ),
    # A price below the floor, credit over the limit and their like pass by a review, so this is what overrides them.
    "who_entered_did_not_pass": Invariant(
        "I13",
        "what a rule stopped is passed or refused by another than who entered the order, escalated it or changed its money",
        """SELECT o.number AS subject, h.event || ' by ' || h.actor AS detail
           FROM history_entry h JOIN orders o ON o.id = h.subject_id
           WHERE h.subject_type = 'order' AND h.event IN ('review.approved', 'review.rejected')
             AND (h.actor = o.entered_by
                  OR EXISTS (SELECT 1 FROM history_entry e WHERE e.order_id = o.id AND e.actor = h.actor AND e.id < h.id
                             AND (e.event = 'review.escalated'
                                  OR (e.event = 'order.amended' AND e.data ->> 'money' = 'true'))))""",
    ),
    "nobody_gave_themselves_a_role": Invariant(
        "I13",
        "a person's roles are set by another",
        """SELECT subject_id AS subject, 'roles set to ' || coalesce(became, '') || ' by themselves' AS detail FROM history_entry
           WHERE subject_type = 'staff' AND event IN ('staff.roles_set', 'staff.created')
             AND (actor = 'staff:' || subject_id OR actor = (SELECT login FROM staff WHERE staff.id = subject_id))""",
    ),
}
