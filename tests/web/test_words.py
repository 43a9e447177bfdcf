"""Both languages are complete: every code has its words, every text its translation."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from oms import messages
from oms.accounts.rights import ROLES
from oms.aftersales import asking, closing, return_rules
from oms.aftersales.states import REFUND, RETURN, TICKET
from oms.fulfilment import missing, shorts
from oms.fulfilment.states import FULFILMENT, PICK_TASK, WAVE
from oms.intake.states import INBOUND
from oms.journey import flow
from oms.journey.policy_defaults import POLICY
from oms.messages.models import MESSAGE
from oms.orders.states import CONFIRMATION, FULFILMENT_STATES, ORDER, PAYMENT, RETURN_STATES
from oms.shipping.states import HAND_OVER_LIST, LABEL, TRACKING
from oms.supply.models import SUPPLY
from oms.web import catalogue
from oms.web.words import WORDS, word

TEMPLATES = Path(messages.__file__).parent / "templates"

CODES = {
    "role": {*ROLES, flow.SYSTEM, flow.CUSTOMER, flow.CARRIER, flow.SUPPLIER},
    "step_kind": set(flow.FLOW),
    "step_state": {"open", "claimed", "paused", "done", "parked", "cancelled"},
    "order_status": set(ORDER.moves),
    "confirmation": set(CONFIRMATION.moves),
    "payment_status": set(PAYMENT.moves),
    "fulfilment_status": set(FULFILMENT_STATES),
    "return_status": set(RETURN_STATES),
    "fulfilment": set(FULFILMENT.moves),
    "wave": set(WAVE.moves),
    "pick_task": set(PICK_TASK.moves),
    "label": set(LABEL.moves),
    "tracking": set(TRACKING.moves),
    "undelivered_as": set(flow.UNDELIVERED),
    "hand_over_list": set(HAND_OVER_LIST.moves),
    "inbound": set(INBOUND.moves),
    "message": set(MESSAGE.moves),
    "supply": set(SUPPLY.moves),
    "ticket": set(TICKET.moves),
    "return": set(RETURN.moves),
    "refund": set(REFUND.moves),
    "outcome": {outcome for row in flow.FLOW.values() for outcome in row.follows},
    "return_reason": set(return_rules.REASONS),
    "stage": set(closing.STAGES),
    "cause": set(closing.CAUSES),
    "short_reason": {*shorts.REASONS, *missing.REASONS},
    "setting": {key.partition(".")[0] for key in POLICY},
    "change_kind": set(asking.KINDS),
    "template": {path.name.partition(".")[0] for path in TEMPLATES.glob("[a-z]*.txt")},
}


@pytest.mark.parametrize("axis", CODES)
def test_every_code_has_its_words(axis):
    assert CODES[axis] - WORDS[axis].keys() == set()


def test_every_word_is_there_in_both_languages():
    half = [f"{axis}.{code}" for axis, words in WORDS.items() for code, text in words.items() if not all(text)]
    assert half == []
    assert word("step_kind", "pick", "zh_Hans") == "拣货"
    assert word("step_kind", "not a kind", "en") == "not a kind"


def test_every_text_of_the_pages_is_translated_with_the_same_values():
    known, values = catalogue.read(), re.compile(r"%\(\w+\)[a-z]")
    texts = catalogue.extract()
    assert [text for text in sorted(texts) if not known.get(text)] == []
    assert [t for t in texts if sorted(values.findall(t)) != sorted(values.findall(known[t]))] == []


def test_the_catalogue_is_up_to_date():
    po, mo = catalogue.made(catalogue.extract(), catalogue.read())
    assert catalogue.PO.read_bytes() == po, "run `python -m oms.web.catalogue`"
    assert catalogue.MO.read_bytes() == mo, "run `python -m oms.web.catalogue`"
