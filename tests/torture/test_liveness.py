"""Only what could go by no other carrier may wait for the black hole."""

from __future__ import annotations

from tests.torture import liveness


def test_who_may_wait_for_the_black_hole() -> None:
    abroad, at_home = "T1-000004", "T1-000005"
    assert liveness.undone({abroad: ("in_fulfilment", True), at_home: ("closed", False)}) == []
    assert liveness.undone({abroad: ("closed", False), at_home: ("cancelled", False)}) == []
    assert liveness.undone({abroad: ("confirmed", False)}) == [f"{abroad} is confirmed"]
    assert liveness.undone({at_home: ("in_fulfilment", True)}) == [
        f"{at_home} is in_fulfilment and was given to the carrier that is none"
    ]
