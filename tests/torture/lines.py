"""The proxies before all dependencies, in a process of their own, each with its course from the seed.

The parent gives its orders by files: `lines.begin` (the courses start), `lines.enough` (only what no line has suffered
yet is still done), `lines.pause` (all is well for now), `lines.alone` (the carrier alone is away), `lines.heal` (all is well). What the proxies saw lies in
`lines.json`, written every half second.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tests.torture.house import House
from tests.torture.line_faults import NONE, WANTED, Fault, Pace, Spell, course
from tests.torture.ports import free_ports
from tests.torture.proxy import FaultProxy

#: Everything that the product connects to.
DEPENDENCIES = ("postgresql", "redis", "carrier", "shop", "imap", "smtp")
#: How the carrier is away at the end; no course draws it, so that what came before is not taken for it.
AWAY = Fault("away", "", cut_after=0, reset=True)
_LOOK_S = 0.05
_READY_S = 60.0


@dataclass(slots=True)
class Seen:
    """What the proxy of one dependency saw; `spells` are moments (CLOCK_MONOTONIC)."""

    hits: dict[str, int] = field(default_factory=dict)
    #: when somebody called who was AWAY, in seconds since that began
    calls_while_away: list[float] = field(default_factory=list)
    #: seconds, who waited, and what it had asked
    longest_wait: tuple[float, str, str] = (0.0, "", "")
    longest_line_s: float = 0.0
    #: all that took long: seconds, who waited, what it had asked, until when
    long_waits: list[tuple[float, str, str, float]] = field(default_factory=list)
    #: seconds of a connection, and when it ended
    long_lines: list[tuple[float, float]] = field(default_factory=list)
    #: when the proxy itself did nothing: what, from when, until when
    stalled: list[tuple[str, float, float]] = field(default_factory=list)
    #: [name of the fault, when it began, when it ended]
    spells: list[tuple[str, float, float]] = field(default_factory=list)
    #: the kinds of faults that somebody has felt
    struck: list[str] = field(default_factory=list)

    @property
    def spared(self) -> list[str]:
        """The kinds of faults that nobody has felt on this line."""
        return [kind for kind in WANTED if kind not in self.struck]


def calls_while_away(spells: Iterable[tuple[str, float, float]], connections: Iterable[float]) -> list[float]:
    """The connections within the spell AWAY, in seconds since it began. While it lasts, its end is its beginning."""
    since, until = next(((begun, ended) for name, begun, ended in spells if name == AWAY.name), (math.inf, math.inf))
    return [at - since for at in connections if at >= since and (at < until or until == since)]


class Lines:
    """The parent's side: `put_before` a house that is not open yet, then `begin`, later `heal`, then `seen`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put_before(self, made: House, paces: Mapping[str, Pace], *, seed: int) -> None:
        """Start a proxy for each dependency of `paces` and lead the product there."""
        ports = dict(zip(paces, free_ports(len(paces)), strict=True))
        ups = {name: made.upstream(name) for name in paces}
        made.run_beside("lines", partial(_serve, self._folder, ups, ports, paces, seed))
        for name, port in ports.items():
            made.redirect(name, port)
        if not made.watch((self._folder / "lines.json").exists, limit_s=_READY_S):
            raise SystemExit(f"the proxies did not begin; see {self._folder}/lines.log")

    def begin(self) -> None:
        """The courses start now."""
        self._order("begin")

    def enough(self) -> None:
        """From now on each line suffers only what it has not suffered yet."""
        self._order("enough")

    def pause(self) -> None:
        """Every line is good until the carrier is left alone."""
        self._order("pause")

    def leave_carrier_alone(self) -> None:
        """The carrier is away, every other line is good."""
        self._order("alone")

    def heal(self) -> None:
        """Every line is good from now on."""
        self._order("heal")

    def _order(self, what: str) -> None:
        (self._folder / f"lines.{what}").touch()

    def seen(self) -> dict[str, Seen]:
        """What was seen up to half a second ago."""
        found = json.loads((self._folder / "lines.json").read_text(encoding="utf-8"))
        return {name: Seen(**one) for name, one in found.items()}


class Course:
    """One line on its way through its spells."""

    def __init__(self, proxy: FaultProxy, spells: Iterator[Spell], now: float) -> None:
        self.seen = Seen()
        self._proxy, self._spells = proxy, spells
        self._since, self._felt_at, self._felt_before = now, 0.0, 0
        self._next: Spell | None = None
        self._noted = NONE

    def go_on(self, now: float, *, enough: bool) -> None:
        """Begin or end a spell when it is time; with `enough` only kinds that were not felt yet begin."""
        if self._next is None:
            self._next = self._draw(enough=enough)
        if self._next is None:
            return
        if self._noted != NONE:
            if self._over(self._next, now):
                self.turn(NONE, now)
                if self._noted == NONE:
                    self._next = None
        elif now - self._since >= self._next.rest_s:
            self._felt_at, self._felt_before = 0.0, self._proxy.hits[self._next.fault.name]
            self.turn(self._next.fault, now)

    def _draw(self, *, enough: bool) -> Spell | None:
        if enough and not self.seen.spared:
            return None
        return next(spell for spell in self._spells if not enough or spell.fault.kind in self.seen.spared)

    def _over(self, spell: Spell, now: float) -> bool:
        if not self._felt_at and self._proxy.hits[spell.fault.name] > self._felt_before:
            self._felt_at = now
            self.seen.struck.append(spell.fault.kind)
        begun = self._since if spell.fault.kind not in WANTED else self._felt_at
        return now - self._since >= spell.most_s or bool(begun and now - begun >= spell.for_s)

    def turn(self, wanted: Fault, now: float) -> None:
        """Make the line so, and note it. A port that somebody took meanwhile leaves it as it is, to be tried again."""
        if self._noted == wanted:
            return
        if self._proxy.state != wanted:
            with suppress(OSError, TimeoutError):
                self._proxy.fault(wanted)
        if self._proxy.state != wanted:
            return
        if self._noted != NONE:
            self.seen.spells[-1] = (*self.seen.spells[-1][:2], now)
        if wanted != NONE:
            self.seen.spells.append((wanted.name, now, now))
        self._noted, self._since = wanted, now

    def told(self) -> dict[str, Any]:
        """What was seen so far."""
        one, proxy = self.seen, self._proxy
        one.hits, one.calls_while_away = dict(proxy.hits), calls_while_away(one.spells, proxy.connections)
        waited = proxy.waited()
        one.longest_wait = (round(waited.seconds, 2), waited.who, waited.asked)
        one.longest_line_s = round(proxy.longest_line_s, 2)
        one.long_waits, one.long_lines = [tuple(wait) for wait in proxy.waited_long()], list(proxy.long_lines)
        one.stalled = [(stall.what, stall.began, stall.ended) for stall in list(proxy.stalled)]
        return {name: getattr(one, name) for name in Seen.__slots__}


def _serve(
    folder: Path,
    ups: Mapping[str, str | tuple[str, int]],
    ports: Mapping[str, int],
    paces: Mapping[str, Pace],
    seed: int,
) -> int:
    """Run the proxies until ended."""
    proxies = {name: FaultProxy(name, _target(up), port=ports[name], seed=seed).start() for name, up in ups.items()}
    began, told = time.monotonic(), 0.0
    courses = {name: Course(proxy, course(seed, name, paces[name]), began) for name, proxy in proxies.items()}
    while True:
        now = time.monotonic()
        ordered = {
            what for what in ("begin", "enough", "pause", "alone", "heal") if (folder / f"lines.{what}").exists()
        }
        for name, line in courses.items():
            _lead(name, line, ordered, now)
        if now - told > 0.5:
            told = now
            _tell(folder, courses)
        time.sleep(_LOOK_S)


def _lead(name: str, line: Course, ordered: set[str], now: float) -> None:
    if "heal" in ordered:
        line.turn(NONE, now)
    elif "alone" in ordered:
        line.turn(AWAY if name == "carrier" else NONE, now)
    elif "pause" in ordered:
        line.turn(NONE, now)
    elif "begin" in ordered:
        line.go_on(now, enough="enough" in ordered)


def _target(up: str | tuple[str, int]) -> int | Path:
    return Path(up) if isinstance(up, str) else up[1]


def _tell(folder: Path, courses: Mapping[str, Course]) -> None:
    new = folder / "lines.json.new"
    new.write_text(json.dumps({name: line.told() for name, line in courses.items()}), encoding="utf-8")
    new.replace(folder / "lines.json")
