"""Numbers and codes as they come from scanners, keyboards and voices."""

from __future__ import annotations

import pytest

from oms import numbers


@pytest.mark.parametrize(
    ("code", "printed"),
    [
        ("]C1A-01", "A-01"),
        (" ]E04006381333931\r\n", "4006381333931"),
        ("A-01\n", "A-01"),
        ("A]C1-01", "A]C1-01"),
        ("]", "]"),
        ("", ""),
    ],
)
def test_a_code_is_read_as_it_is_printed(code: str, printed: str) -> None:
    assert numbers.bare(code) == printed


def test_a_number_is_known_however_it_comes() -> None:
    number = numbers.new_number("WV")
    for given in (number, number.lower(), number.replace("-", " "), f"]C1{number}", f"]C0{number}\r\n"):
        assert (numbers.written(given), numbers.is_valid(given)) == (number, True)
