"""The phone and an order that is stopped while its list is picked: nobody is sent to take goods for it (C-5, F-2)."""

from __future__ import annotations

import re

from oms import db
from oms.journey import holds
from oms.journey.holds import NewHold
from tests.factories.day import make_day


def test_the_phone_leads_past_the_stop_of_a_stopped_order_while_there_is_another(site):
    with site.transaction() as session:
        day = make_day(session, db.now(session))
    client, wave = site.client("warehouse"), day.wave
    [(first,), (second,)] = site.rows("SELECT stop FROM pick_task WHERE wave_id = :w ORDER BY stop", w=wave.id)
    moved = "UPDATE pick_task SET order_id = :o WHERE wave_id = :w AND stop = :s RETURNING id"
    site.rows(moved, o=day.shipped.order_id, w=wave.id, s=second)

    def shown() -> str:
        found = re.search(r'name="at" value="(\d+)"', client.get(f"/pick/{wave.number}").get_data(as_text=True))
        return found[1] if found else ""

    assert shown() == str(first)
    with site.transaction() as session:
        now = db.now(session)
        hold = NewHold(day.to_pick.order_id, "change_requested", "manager", {"en": "x", "zh_Hans": "x"}, now)
        holds.place(session, [hold], by="staff:anna", now=now)
    assert shown() == str(second)
