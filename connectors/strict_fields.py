"""Fields of a sender who reads our own page: what is not as it says is refused with what, where and how to mend."""

from __future__ import annotations

from decimal import Decimal

from connectors.fields import Fields, Node, node, nodes, written

#: Above this a sender that computes in floating point has already changed the id.
_EXACT_BELOW = 2**53
_NUMBERS = (int, Decimal)


class StrictFields(Fields):
    """Fields of a sender who reads our page: what is not as it says is refused with what, where and how to mend.

    `within`: where the fields stand that are read next, such as `lines.3.`; put before their names in a problem.
    """

    def __init__(self) -> None:
        super().__init__()
        self.within = ""

    def add(self, code: str, field: str, message: str) -> None:
        super().add(code, self.within + field, message)

    def amount(self, raw: object, field: str) -> Decimal | None:
        if raw is None:
            return None
        if isinstance(raw, _NUMBERS) and not isinstance(raw, bool):
            self.add("row_invalid", field, f'a JSON number loses cents on its way; put it in quotes: "{raw}"')
            return None
        return super().amount(raw, field)

    def reduction(self, raw: object, field: str) -> Decimal | None:
        """A discount: an amount that is not negative."""
        found = self.amount(raw, field)
        if found is not None and found < 0:
            self.add("row_invalid", field, f'a discount reduces and is positive: write "{-found}"')
            return None
        return found

    def id(self, raw: object, field: str) -> str | None:
        """An id as text; a number is taken only where no sender can have rounded it."""
        if raw is None:
            return None
        if isinstance(raw, str):
            return written(raw)
        if isinstance(raw, int) and not isinstance(raw, bool) and abs(raw) < _EXACT_BELOW:
            return str(raw)
        self.add("row_invalid", field, f"an id is text: put {str(raw)[:40]} in quotes")
        return None

    def words(self, raw: object, field: str) -> str | None:
        """Text; anything else but null is refused."""
        if raw is None:
            return None
        if isinstance(raw, str):
            return written(raw)
        self.add("row_invalid", field, f"expected text in quotes, not {_what(raw)}")
        return None

    def truth(self, raw: object, field: str) -> bool | None:
        """true, false or null."""
        if raw is not None and not isinstance(raw, bool):
            self.add("row_invalid", field, f"expected true or false, not {_what(raw)}")
            return None
        return raw

    def mapping(self, raw: object, field: str) -> Node:
        """An object; null counts as an empty one."""
        if raw is not None and not isinstance(raw, dict):
            self.add("row_invalid", field, f"expected an object {{...}}, not {_what(raw)}")
        return node(raw)

    def listing(self, raw: object, field: str) -> list[Node]:
        """A list of objects; null counts as an empty one."""
        if raw is not None and (not isinstance(raw, list) or len(nodes(raw)) != len(raw)):
            self.add("row_invalid", field, "expected a list of objects [{...}]")
        return nodes(raw) if isinstance(raw, list) else []


def _what(raw: object) -> str:
    return {bool: "true or false", list: "a list", dict: "an object", str: "text"}.get(type(raw), "a number")
