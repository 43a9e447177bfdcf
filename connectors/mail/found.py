"""A value found in a mail, how sure we are, and the text it was read from."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar

from connectors.base import Evidence

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Found(Generic[T_co]):
    value: T_co
    confidence: Decimal
    source: str

    def evidence(self, field: str) -> Evidence:
        """The same as a schema Evidence, its source text cut to a length a person reads."""
        return Evidence(field, self.confidence, " ".join(self.source.split())[:200])


def found(value: T_co, confidence: str | Decimal, source: str) -> Found[T_co]:  # type: ignore[misc]
    """Note a value with its confidence (0..1) and source text."""
    return Found(value, Decimal(confidence), source)
