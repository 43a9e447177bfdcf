"""Journey: steps are what they say, promises of messages are kept, history is sealed (I9-I11)."""

from __future__ import annotations

from collections.abc import Iterator

from oms.invariants.table import Invariant
from oms.journey.step_values import MOST_ATTEMPTS
from oms.journey.steps import LOST_ATTEMPTS

# Table, state that is no end -> the step that brings it on. Nobody works on an order because of these, and an order that is
# over waits for none of them, so that its own steps do not tell.
_WAITING: dict[str, dict[str, tuple[str, ...]]] = {
    "refund": {"pending": ("refund",)},
    "return_request": {
        "requested": ("approve_return",),
        "approved": ("receive_return",),
        "in_transit": ("receive_return",),
        "received": ("inspect_return",),
    },
    "ticket": dict.fromkeys(
        ("new", "open", "waiting_customer", "waiting_third_party", "reopened"),
        ("ticket_pass_on", "ticket_contact", "ticket_solve"),
    ),
    "supply_request": dict.fromkeys(("raised", "ordered"), ("supply",)),
}


def _unattended() -> Iterator[str]:
    for table, states in _WAITING.items():
        for state, kinds in states.items():
            named = ", ".join(f"'{kind}'" for kind in kinds)
            yield f"""SELECT '{table} ' || w.id AS subject, '{state}' AS detail FROM {table} w
                      WHERE w.status = '{state}' AND NOT EXISTS (
                          SELECT 1 FROM step s WHERE s.subject_id = w.id AND s.kind IN ({named})
                                                 AND s.state IN ('open', 'claimed', 'paused', 'parked'))"""


JOURNEY: dict[str, Invariant] = {
    "nothing_waits_unattended": Invariant(
        "I17",
        "money that is to go back, a return, a ticket and goods to be bought have the step that brings them on",
        " UNION ALL ".join(_unattended()),
    ),
    "no_message_unsent": Invariant(
        "I9",
        "a message that waits has a step that sends it",
        """SELECT m.key AS subject, m.template AS detail FROM message m
           WHERE m.status = 'waiting' AND NOT EXISTS (SELECT 1 FROM step s WHERE s.kind = 'tell' AND s.subject_id = m.id
                                                      AND s.state IN ('open', 'claimed', 'paused', 'parked'))""",
    ),
    "no_channel_untold": Invariant(
        "I9",
        "a channel hears of every parcel that left, when it was collected and when it was delivered",
        """SELECT p.number AS subject, 'collected ' || p.collected_at || ', delivered ' || coalesce(CAST(p.delivered_at AS text), 'not yet')
                  AS detail
           FROM parcel p
           WHERE p.handed_over_at IS NOT NULL AND (
               (p.collected_at IS NOT NULL AND NOT EXISTS (
                   SELECT 1 FROM step s WHERE s.kind = 'tell_channel' AND s.subject_id = p.id AND s.round = 0))
               OR (p.delivered_at IS NOT NULL AND NOT EXISTS (
                   SELECT 1 FROM step s WHERE s.kind = 'tell_channel' AND s.subject_id = p.id AND s.round = 1)))""",
    ),
    "told_in_order": Invariant(
        "I9",
        "a channel heard that a parcel was delivered after it heard that it was sent",
        """SELECT p.number AS subject, 'delivered told ' || d.finished_at || ', sent told ' || coalesce(CAST(c.finished_at AS text), 'not yet')
                  AS detail
           FROM step d JOIN step c ON c.kind = 'tell_channel' AND c.subject_id = d.subject_id AND c.round < d.round
           JOIN parcel p ON p.id = d.subject_id
           WHERE d.kind = 'tell_channel' AND d.round > 0 AND d.state = 'done' AND d.outcome = 'told'
             AND (c.state IN ('open', 'claimed', 'paused', 'parked') OR (c.outcome = 'told' AND c.finished_at > d.finished_at))""",
    ),
    "what_was_not_told_says_why": Invariant(
        "I9",
        "a mail or notice that was given up has its reason",
        """SELECT s.id AS subject, s.kind || ' ' || s.outcome AS detail FROM step s
           WHERE s.kind IN ('tell', 'tell_channel') AND s.state = 'done' AND s.outcome IN ('failed', 'not_told')
             AND coalesce(s.error, '') = ''""",
    ),
    "no_lease_forgotten": Invariant(
        "I10",
        "a claim whose lease ran out is taken up within ten seconds; each of the system's has a lease that will run out",
        """SELECT id AS subject, kind || ' since ' || coalesce(CAST(lease_until AS text), 'ever: no lease') AS detail FROM step
           WHERE state = 'claimed' AND (lease_until < clock_timestamp() - interval '10 s'
                                        OR (lease_until IS NULL AND performer = 'system'))""",
    ),
    "attempts_have_an_end": Invariant(
        "I10",
        "nobody tries a step for ever, and it was claimed as often as it was tried",
        f"""SELECT id AS subject, kind || ' ' || state || ', attempt ' || attempt || ', token ' || token AS detail FROM step
            WHERE attempt > token
               OR (state IN ('open', 'claimed', 'paused') AND attempt > {MOST_ATTEMPTS + LOST_ATTEMPTS})""",
    ),
    "steps_say_what_they_are": Invariant(
        "I10",
        "a step that ended has its end and outcome, one that did not has neither; each stage of a thing is one step",
        """SELECT id AS subject, kind || ' ' || state AS detail FROM step
           WHERE (state = 'done' AND (finished_at IS NULL OR outcome IS NULL OR finished_by IS NULL))
              OR (state IN ('open', 'claimed', 'paused', 'parked') AND finished_at IS NOT NULL)
           UNION ALL
           SELECT min(CAST(id AS text))::uuid, kind || ' ' || key || ': ' || count(*) || ' steps' FROM step
           GROUP BY kind, key HAVING count(*) > 1""",
    ),
    "pauses_have_their_evidence": Invariant(
        "I10",
        "a paused step has an open pause, and only a paused one has",
        """SELECT s.id AS subject, s.kind || ' ' || s.state AS detail FROM step s
           WHERE s.state IN ('open', 'claimed', 'paused') AND (s.state = 'paused') <> EXISTS (
               SELECT 1 FROM step_pause p WHERE p.step_id = s.id AND p.ended_at IS NULL)""",
    ),
    "every_entry_names_who": Invariant(
        "I11",
        "no entry of history is nobody's",
        "SELECT id AS subject, subject_type || ' ' || event AS detail FROM history_entry WHERE trim(actor) = ''",
    ),
    "seals_are_whole": Invariant(
        "I11",
        "the seals run from one to the head without a gap, each on an entry (`oms verify-history` checks the hashes)",
        """SELECT 'seals' AS subject, count(*) || ' seals, head ' || coalesce((SELECT seq FROM seal_head WHERE id = 1), 0) AS detail
           FROM seal s LEFT JOIN history_entry h ON h.id = s.entry_id
           HAVING count(*) <> coalesce((SELECT seq FROM seal_head WHERE id = 1), 0) OR coalesce(max(s.seq), 0) <> count(*)
               OR count(h.id) <> count(*)""",
    ),
}
