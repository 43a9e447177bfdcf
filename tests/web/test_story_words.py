"""An order's story has words for all that history keeps of it: the names are read from the source, not from a list."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from oms.accounts.rights import RIGHTS
from oms.aftersales import amending, change_rules
from oms.db import Base
from oms.journey.policy_defaults import POLICY
from oms.web.pages.order_story import AXES
from oms.web.words import WORDS
from tests import source_tree
from tests.servers import import_models

_EVENT, _CAUSE, _ORDER = 2, 3, 4


def _of_orders(tree: ast.Module) -> Iterator[ast.Call]:
    """The entries that are written to an order's history."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    notes = [call for call in calls if ast.unparse(call.func).rpartition(".")[2] == "Note"]
    yield from (n for n in notes if len(n.args) > _ORDER or any(one.arg == "order_id" for one in n.keywords))


def _named_in(tree: ast.Module) -> set[str]:
    """What looks like an event's name anywhere in a file."""
    strings = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return {one for one in strings if re.fullmatch(r"[a-z_]+\.[a-z_]+", one)} - POLICY.keys() - RIGHTS.keys()


def _written() -> dict[str, str]:
    """Event -> a file that writes it. Where its name is handed on, each that the file names is taken for one."""
    found = {}
    for source in source_tree.sources(*source_tree.PRODUCT):
        for note in _of_orders(source.tree):
            event = note.args[_EVENT]
            names = {str(event.value)} if isinstance(event, ast.Constant) else _named_in(source.tree)
            found |= dict.fromkeys(names, source.path)
    return found


def test_each_event_has_words():
    written = _written()
    assert {"error.recorded", "step.taken", "hand_over.left_behind", "return.requested"} <= written.keys()
    assert {event: path for event, path in written.items() if event not in WORDS["event"]} == {}


def _causes(tree: ast.Module) -> Iterator[str]:
    """Why something moved or was noted, where the source says it in plain words."""
    told = [note.args[_CAUSE] for note in _of_orders(tree) if len(note.args) > _CAUSE]
    told += [one.value for one in ast.walk(tree) if isinstance(one, ast.keyword) and one.arg == "cause"]
    plain = (one.value for one in told if isinstance(one, ast.Constant) and isinstance(one.value, str))
    # In a statement's own text a cause stands in quotes, or is a parameter.
    yield from (cause.strip("'") for cause in plain if not cause.startswith(":"))


def test_each_cause_has_words():
    told = {cause: source.path for source in source_tree.sources("oms", "workers") for cause in _causes(source.tree)}
    assert {"scan", "judged anew", "the order was cancelled"} <= told.keys()
    assert {cause: path for cause, path in told.items() if cause not in WORDS["cause_told"]} == {}


def _reasons() -> set[str]:
    """Why a change takes its way (`change_rules`): what stands behind an action, or is a name's text."""
    [source] = [one for one in source_tree.sources("oms") if one.path == "oms/aftersales/change_rules.py"]
    acts = [
        n.elts[1] for n in ast.walk(source.tree) if isinstance(n, ast.Tuple) and "Action." in ast.unparse(n.elts[0])
    ]
    asides = [
        n.args[1] for n in ast.walk(source.tree) if isinstance(n, ast.Call) and ast.unparse(n.func) == "_money_alone"
    ]
    plain = {str(one.value) for one in (*acts, *asides) if isinstance(one, ast.Constant)}
    return plain | {change_rules._ENDED}


def _ends() -> set[str]:
    """Why steps of an order end before they are done."""
    found = {
        change_rules.BY_CUSTOMER,
        change_rules.FOR_SHORTAGE,
        change_rules.FOR_LATENESS,
        amending.REPLACED,
        "cancelled",
    }
    for source in source_tree.sources("oms", "workers"):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in _CANCELS:
                found |= {
                    str(k.value.value) for k in node.keywords if k.arg == "why" and isinstance(k.value, ast.Constant)
                }
    return found


_CANCELS = {f"{module}.{name}" for module in ("steps", "journey") for name in ("cancel", "cancel_orders")}


def test_each_reason_of_a_change_and_each_early_end_has_words():
    assert {"before release", "payment only", "its channel had cancelled it already"} <= _reasons()
    assert _reasons() - WORDS["cause_told"].keys() == set()
    assert {"label voided", "superseded", "cancelled_by_customer"} <= _ends()
    assert _ends() - WORDS["outcome"].keys() == set()


def test_each_state_has_words():
    import_models()
    seen = 0
    for model in (mapper.class_ for mapper in Base.registry.mappers):
        for axis, machine in getattr(model, "MACHINES", {}).items():
            table = AXES.get((model.__tablename__.removesuffix("s"), axis))
            told = set(machine.moves) if table else {f"{axis}.{state}" for state in machine.moves}
            assert told - WORDS[table or "event"].keys() == set(), (model.__name__, axis)
            seen += 1
    assert seen > 10
