"""People who decide, put back and pay out do so whatever another of them was told."""

from __future__ import annotations

from typing import Any

import pytest

from oms.demo.robots.wire import Unwelcome
from tests.torture.floor import Deciders


class Somebody:
    """One of the people; `refused` is what nobody may do."""

    def __init__(self, refused: str) -> None:
        self._refused, self.did = refused, list[str]()

    def items(self, path: str, **asked: str) -> list[dict[str, str]]:
        return [{"id": "1", "subject_id": "1", "token": "1"}]

    def post(self, path: str, body: Any = None, *, key: str) -> None:
        if path.endswith(self._refused):
            raise Unwelcome(path)
        self.did.append(path)


class House:
    """A world of one person with several logins."""

    def __init__(self, refused: str) -> None:
        self.somebody = Somebody(refused)

    def person(self, login: str) -> Somebody:
        return self.somebody


@pytest.mark.parametrize("refused", ["decide", "put-back", "pay-out"])
def test_who_is_refused_keeps_no_other_from_work_and_is_heard_of(refused: str) -> None:
    house: Any = House(refused)
    with pytest.raises(Unwelcome, match=refused):
        Deciders(house).work()
    assert len(house.somebody.did) == 2


def test_all_three_work() -> None:
    house: Any = House("nothing of the kind")
    assert Deciders(house).work()
    assert house.somebody.did == ["/changes/1/decide", "/fulfilments/1/put-back", "/refunds/1/pay-out"]
