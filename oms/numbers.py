"""Short numbers for orders and papers: readable over the phone, with a check digit (I-3). Pure.

Letters that sound or look alike (I, L, O, S, U, 0, 1, 5 ...) are left out. The check digit finds every
single wrong character and every swap of two neighbours (weighted sum modulo a prime).
"""

from __future__ import annotations

import re
import secrets

#: `]C1`: some scanners send in front which kind of code it was.
_KIND = re.compile(r"\A\][A-Za-z][0-9A-Za-z]", re.ASCII)

ALPHABET = "2346789ABCDEFGHJKMNPQRTVWXY"
_MODULUS = 29
#: 29 check values from the alphabet's 27 letters and two more.
_CHECKS = ALPHABET + "ZU"
_PLACES = {letter: place for place, letter in enumerate(ALPHABET)}
_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
_BODIES = len(_PAIRS) ** 4


def check_digit(body: str) -> str:
    """The check character of `body` (letters of ALPHABET)."""
    total = 0
    for weight, letter in enumerate(body, 2):
        total += weight * _PLACES[letter]
    return _CHECKS[total % _MODULUS]


def is_clash(error: BaseException) -> bool:
    """Whether the database refused a new number that stands already: the same work with another one may succeed."""
    told = getattr(getattr(error, "orig", None), "diag", None)
    return told is not None and told.sqlstate == "23505" and told.constraint_name == f"uq_{told.table_name}_number"


def new_number(prefix: str) -> str:
    """A random number such as `SO-7K2M-9QXC-4`, of 27^8 = 2.8e11.

    Among half a million things two have the same one with a chance of a third: the unique key refuses it, and whoever writes begins
    anew where `is_clash` says so.
    """
    drawn, body = secrets.randbelow(_BODIES), ""
    for _ in range(4):
        drawn, place = divmod(drawn, len(_PAIRS))
        body += _PAIRS[place]
    return f"{prefix}-{body[:4]}-{body[4:]}-{check_digit(body)}"


def is_valid(number: str) -> bool:
    """Whether a number's check digit holds; spaces, dashes and case do not matter."""
    letters = normal(number)
    body, check = letters[-9:-1], letters[-1:]
    return len(body) == 8 and all(c in ALPHABET for c in body) and check == check_digit(body)


def bare(code: str) -> str:
    """A code as it is printed: without the blanks around it, and without the code's kind that a scanner sent in front."""
    return _KIND.sub("", code.strip())


def normal(number: str) -> str:
    """The number as typed, scanned or spoken, without spaces and dashes, upper case."""
    return "".join(c for c in bare(number).upper() if c.isalnum())


def written(number: str) -> str:
    """The number as it is stored, from however it was typed: `so7k2m9qxc4` -> `SO-7K2M-9QXC-4`."""
    letters = normal(number)
    return f"{letters[:-9]}-{letters[-9:-5]}-{letters[-5:-1]}-{letters[-1:]}"
