"""The proxies before all dependencies, in a process of their own, each with its schedule from the seed.

The parent writes the file `lines.begin` when the time starts and `lines.heal` when all shall be well; what the proxies
saw lies in `lines.json`, written every half second.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tests.torture.house import House
from tests.torture.line_faults import NONE, Spell
from tests.torture.proxy import FaultProxy

#: Everything that the product connects to.
DEPENDENCIES = ("postgresql", "redis", "carrier", "shop", "imap", "smtp")
_LOOK_S = 0.05


@dataclass(slots=True)
class Seen:
    """What the proxy of one dependency saw; `connections` and `spells` are moments (CLOCK_MONOTONIC)."""

    hits: dict[str, int] = field(default_factory=dict)
    connections: list[float] = field(default_factory=list)
    longest_wait_s: float = 0.0
    longest_line_s: float = 0.0
    #: [name of the fault, when it began, when it ended]
    spells: list[tuple[str, float, float]] = field(default_factory=list)


class Lines:
    """The parent's side: `put_before` a house that is not open yet, then `begin`, later `heal`, then `seen`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put_before(self, made: House, schedules: Mapping[str, Sequence[Spell]], *, seed: int) -> None:
        """Start a proxy for each dependency of `schedules` and lead the product there."""
        ports = dict(zip(schedules, _free_ports(len(schedules)), strict=True))
        ups = {name: made.upstream(name) for name in schedules}
        made.run_beside("lines", partial(_serve, self._folder, ups, ports, schedules, seed))
        for name, port in ports.items():
            made.redirect(name, port)
        made.watch((self._folder / "lines.json").exists, limit_s=20)

    def begin(self) -> None:
        """The schedules' time starts now."""
        (self._folder / "lines.begin").touch()

    def heal(self) -> None:
        """Every line is good from now on."""
        (self._folder / "lines.heal").touch()

    def seen(self) -> dict[str, Seen]:
        """What was seen up to half a second ago."""
        found = json.loads((self._folder / "lines.json").read_text(encoding="utf-8"))
        return {name: Seen(**one) for name, one in found.items()}


def _serve(
    folder: Path,
    ups: Mapping[str, str | tuple[str, int]],
    ports: Mapping[str, int],
    schedules: Mapping[str, Sequence[Spell]],
    seed: int,
) -> int:
    """Run the proxies until ended."""
    proxies = {name: FaultProxy(name, _target(up), port=ports[name], seed=seed).start() for name, up in ups.items()}
    seen = {name: Seen() for name in proxies}
    began, told = 0.0, 0.0
    while True:
        now = time.monotonic()
        if not began and (folder / "lines.begin").exists():
            began = now
        healed = (folder / "lines.heal").exists()
        for name, proxy in proxies.items():
            wanted = NONE if healed or not began else _at(schedules[name], now - began)
            _turn(proxy, wanted, seen[name], now)
        if now - told > 0.5:
            told = now
            _tell(folder, proxies, seen)
        time.sleep(_LOOK_S)


def _target(up: str | tuple[str, int]) -> int | Path:
    return Path(up) if isinstance(up, str) else up[1]


def _at(spells: Sequence[Spell], passed_s: float) -> Any:
    return next((s.fault for s in spells if s.at_s <= passed_s < s.at_s + s.for_s), NONE)


def _turn(proxy: FaultProxy, wanted: Any, seen: Seen, now: float) -> None:
    if proxy.state == wanted:
        return
    if proxy.state != NONE:
        seen.spells[-1] = (*seen.spells[-1][:2], now)
    if wanted != NONE:
        seen.spells.append((wanted.name, now, now))
    # A port that somebody took meanwhile is tried again.
    with suppress(OSError, TimeoutError):
        proxy.fault(wanted)


def _tell(folder: Path, proxies: Mapping[str, FaultProxy], seen: Mapping[str, Seen]) -> None:
    for name, proxy in proxies.items():
        one = seen[name]
        one.hits, one.connections = dict(proxy.hits), proxy.connections[-5000:]
        one.longest_wait_s, one.longest_line_s = round(proxy.waited_s(), 2), round(proxy.longest_line_s, 2)
    new = folder / "lines.json.new"
    new.write_text(json.dumps({name: _plain(one) for name, one in seen.items()}), encoding="utf-8")
    new.replace(folder / "lines.json")


def _plain(one: Seen) -> dict[str, Any]:
    return {name: getattr(one, name) for name in Seen.__slots__}


def _free_ports(count: int) -> list[int]:
    holders = [socket.socket() for _ in range(count)]
    try:
        for holder in holders:
            holder.bind(("127.0.0.1", 0))
        return [holder.getsockname()[1] for holder in holders]
    finally:
        for holder in holders:
            holder.close()
