"""A state machine as data: who may follow whom. Pure; each capability's `states.py` holds its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Machine:
    """`moves` maps each state to those that may follow it; `start` is where a new row begins."""

    start: str
    moves: Mapping[str, frozenset[str]]

    def sources(self, to: str) -> list[str]:
        """The states from which `to` may be reached in one move."""
        return [state for state, nexts in self.moves.items() if to in nexts]

    def allows(self, was: str, to: str) -> bool:
        return to in self.moves.get(was, frozenset())

    def reachable(self) -> set[str]:
        """Every state that some walk from `start` reaches."""
        seen, todo = {self.start}, [self.start]
        while todo:
            for state in self.moves.get(todo.pop(), frozenset()) - seen:
                seen.add(state)
                todo.append(state)
        return seen

    def terminal(self) -> set[str]:
        return {state for state, nexts in self.moves.items() if not nexts}


def machine(start: str, **moves: str) -> Machine:
    """`machine("draft", draft="sent lost", sent="", lost="")`: each state and, by spaces, its followers."""
    return Machine(start, {state: frozenset(nexts.split()) for state, nexts in moves.items()})
