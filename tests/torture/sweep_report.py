"""What a sweep found, as data and in words. Pure."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from tests.torture.failpoints import Point
from tests.torture.sweep_lane import Run
from tests.torture.sweep_plan import CI, FULL, Fault, Part, pairs
from tests.torture.verdict import Outcome

SHOWN = 6
#: Threads run as they like, so an operation of the untouched life is not always there again; of a whole sweep this share may lack.
IDLE = 0.01


def report(
    runs: Sequence[Run],
    faults: Sequence[Fault],
    points: Sequence[tuple[str, Sequence[Point]]],
    *,
    level: str,
    seed: int,
    seconds: float,
    lanes_ended: Sequence[int | None],
    part: Part,
    controls: Mapping[str, str],
) -> dict[str, Any]:
    """Everything a reader or a gate needs; `red` says why it is not green."""
    wanted = pairs(faults)
    reached = {(run.leg, run.label, run.mode) for run in runs if run.fired}
    broken = [run for run in runs if run.violations]
    missed = sorted(wanted - reached)
    return {
        "level": level,
        "part": str(part),
        "seed": seed,
        "seconds": round(seconds, 1),
        "faults": len(runs),
        "happened": sum(run.fired for run in runs),
        "points": {leg: dict(Counter(point.kind for point in found)) for leg, found in points},
        "labels": {leg: len({point.label for point in found}) for leg, found in points},
        "labels_reached": len({(run.leg, run.label) for run in runs if run.fired}),
        "pairs_wanted": len(wanted),
        "pairs_reached": len(wanted & reached),
        "missed": [list(pair) for pair in missed],
        "ways": _ways(runs),
        "answers": dict(Counter(answer.rpartition(" ")[2] for run in runs for answer in run.answers)),
        "mails_that_came_again": sum(run.repeated_mails for run in runs),
        "slowest_s": max((run.seconds for run in runs), default=0.0),
        "violations": [{**_named(run), "what": run.violations[:SHOWN], "replay": replay(run)} for run in broken],
        "controls": dict(controls),
        "red": _red(runs, faults, broken, missed, level, lanes_ended)
        + [f"the control {name!r} was not caught" for name, caught in controls.items() if not caught]
        + [f"the leg {leg} did nothing that could fail" for leg, found in points if not found],
    }


def _ways(runs: Sequence[Run]) -> dict[str, int]:
    """How often each kind of operation failed in each way."""
    return dict(sorted(Counter(f"{run.label.partition(' ')[0]}: {run.mode}" for run in runs if run.fired).items()))


def _red(
    runs: Sequence[Run],
    faults: Sequence[Fault],
    broken: Sequence[Run],
    missed: Sequence[object],
    level: str,
    lanes_ended: Sequence[int | None],
) -> list[str]:
    said = []
    if broken:
        said.append(f"{len(broken)} of {len(runs)} faults left something wrong")
    if len(runs) != len(faults):
        said.append(f"only {len(runs)} of {len(faults)} faults were tried")
    idle = sum(not run.fired for run in runs)
    if level == FULL and idle > len(runs) * IDLE:
        said.append(f"{idle} of {len(runs)} faults never happened: their operations were not reached again")
    if missed and (level != CI or len(missed) * 20 > len(faults)):
        said.append(f"{len(missed)} pairs of label and way were not reached")
    if any(lanes_ended):
        said.append(f"a lane ended with {list(lanes_ended)}")
    return said


def _named(run: Run) -> dict[str, Any]:
    return {"leg": run.leg, "label": run.label, "place": run.place, "mode": run.mode}


def replay(run: Run) -> str:
    """The command that repeats one fault."""
    words = [run.leg, run.label, str(run.place), run.mode]
    return f"python -m tests.torture.sweep --replay {shlex.join(words)}"


def words(found: dict[str, Any]) -> str:
    """The report for people."""
    lines = [
        f"T0 {found['level']}, part {found['part']}, seed {found['seed']}: {found['faults']} faults in {found['seconds']} s,"
        f" of which {found['happened']} happened",
        f"labels reached: {found['labels_reached']} of {sum(found['labels'].values())};"
        f" pairs of label and way: {found['pairs_reached']} of {found['pairs_wanted']} wanted",
        f"points by leg: {found['points']}",
        f"ways: {found['ways']}",
        f"answers that made a caller come again: {found['answers']}; mails that came again: {found['mails_that_came_again']}",
    ]
    lines += [f"control {name!r}: {caught or 'NOT caught'}" for name, caught in found["controls"].items()]
    lines += [f"not reached: {' | '.join(pair)}" for pair in found["missed"][:20]]
    for violation in found["violations"]:
        lines += [f"VIOLATION {violation['leg']} | {violation['label']} #{violation['place']} | {violation['mode']}"]
        lines += [f"    {what[:300]}" for what in violation["what"]] + [f"    again: {violation['replay']}"]
    lines.append("RED: " + "; ".join(found["red"]) if found["red"] else "green")
    return "\n".join(lines)


def outcome(found: dict[str, Any], *, long: bool) -> Outcome:
    """The report as a level's verdict."""
    wrong = [*found["red"]]
    for one in found["violations"]:
        wrong.append(f"{one['leg']} | {one['label']} #{one['place']} | {one['mode']}: {'; '.join(one['what'])[:400]}")
        wrong.append(f"  {one['replay']}")
    figures = {
        "faults": found["faults"],
        "happened": found["happened"],
        "points": sum(sum(kinds.values()) for kinds in found["points"].values()),
        "labels reached": f"{found['labels_reached']} of {sum(found['labels'].values())}",
        "labels by way reached": f"{found['pairs_reached']} of {found['pairs_wanted']}",
        "mails that came again": found["mails_that_came_again"],
        "answers to come again": found["answers"],
        "slowest fault, s": found["slowest_s"],
        "controls caught": f"{sum(map(bool, found['controls'].values()))} of {len(found['controls'])}",
        "ways": found["ways"],
    }
    return Outcome("t0", found["seed"], wrong, figures, long)
