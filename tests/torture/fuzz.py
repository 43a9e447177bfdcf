"""Fuzz: every parser of bytes from outside, then every operation of the API, with spoilt and invented input.

Short: a minute and a half at most. Long: an hour, or `--seconds N`.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.torture import fuzz_api, fuzz_parsers
from tests.torture.fuzz_parsers import Fuzzed
from tests.torture.options import Options
from tests.torture.verdict import Outcome

SHORT_S, LONG_S = 60.0, 3600.0
#: This part of the time is for the parsers.
PARSERS = 0.4


def run(options: Options) -> Outcome:
    """One fault for each entrance and operation; `Outcome.wrong` holds the smallest input that shows it."""
    outcome = Outcome("fuzz", options.seed, long=options.long)
    seconds = options.seconds or (LONG_S if options.long else SHORT_S)
    options.say(f"fuzz: {seconds:.0f} s, seed {options.seed}")
    with _log_aside():
        parsers = fuzz_parsers.fuzz(options.seed, seconds=seconds * PARSERS)
        api = fuzz_api.fuzz(options.seed, seconds=seconds * (1 - PARSERS))
    _take(outcome, "parsers", parsers)
    _take(outcome, "api", api)
    outcome.figures["messages"] = sum(parsers.tried.values())
    return outcome


def _take(outcome: Outcome, name: str, found: Fuzzed) -> None:
    slowest = sorted(found.slowest_s.items(), key=lambda one: -one[1])[:3]
    longest = sorted(found.waited_s.items(), key=lambda one: -one[1])[:3]
    outcome.wrong += [f"{name}: {words}" for words in found.wrong]
    outcome.figures |= {
        f"{name} tried": found.tried,
        f"{name} slowest CPU s": dict(slowest),
        **({f"{name} longest wait s": dict(longest)} if longest else {}),
        f"{name} growth MB": round(found.growth_bytes / 1e6, 1),
    }


@contextmanager
def _log_aside() -> Iterator[Path]:
    """The application's log goes to a file meanwhile: a line a call would bury the verdict."""
    log = Path(tempfile.gettempdir()) / f"oms-fuzz-{os.getpid()}.log"
    kept = os.dup(2)
    with log.open("wb") as out:
        sys.stderr.flush()
        os.dup2(out.fileno(), 2)
        try:
            yield log
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
            log.unlink()
