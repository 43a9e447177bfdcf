"""What the product never answers, whatever is done to it: a fault of its own. 503 means "come again", and is honest.

Robots try again after either, so the log of requests is asked, which has each fault with its route.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import orjson

HONEST = 503
_REQUEST = b'"event":"request"'
_SHOWN = 5


def unheard(folder: Path) -> list[str]:
    """A house in which people worked and whose log knows of no request: then it tells of no fault either."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as lines:
                if any(_REQUEST in line and b'"status":' in line for line in lines):
                    return []
    return ["500: no request of anybody is in the log, so it cannot tell of faults"]


def faults(folder: Path) -> list[str]:
    """Each kind of answer from 500 on but 503 in the logs below this folder, the most frequent ones first."""
    found: Counter[str] = Counter()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as lines:
                found.update(_told(lines))
    return [f"500: {count} x {words}" for words, count in found.most_common(_SHOWN)]


def _told(lines: Iterable[bytes]) -> Iterable[str]:
    for line in lines:
        if b'"status":5' not in line:
            continue
        # A line that a full disk or a kill cut off is none.
        with suppress(orjson.JSONDecodeError):
            entry = orjson.loads(line)
            if entry.get("event") == "request" and entry["status"] >= 500 and entry["status"] != HONEST:
                yield f"{entry['method']} {entry['route']} was answered {entry['status']}"
