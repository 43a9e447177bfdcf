"""Calls made from the OpenAPI document, with a key of every role and with none: never a 5xx, always as it says.

Each operation is called alone, with what is there and with what is not; then in chains, where one answer gives the
next call its ids. The application runs in this process on a PostgreSQL and a Redis of its own.
"""

from __future__ import annotations

import gc
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import hypothesis
import psutil
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from werkzeug.test import TestResponse

from oms import crypto, db, embedded
from oms import settings as oms_settings
from oms.accounts.rights import ROLES
from oms.db import Database, make_engine
from oms.orders.models import Order
from oms.web import create_app
from tests.conftest import ENCRYPTION_KEYS, INDEX_KEY, SECRET_KEY
from tests.factories.packed import booked, served_floor
from tests.factories.verification import make_house, make_web_order, verified
from tests.servers import start_servers
from tests.torture.fuzz_parsers import Fuzzed, alarm
from tests.torture.waiting import Stopwatch, backends_of, too_long
from tests.web.caller import distributor, person
from tests.web.site import Site

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
#: Nobody's key, and one that never was.
STRANGERS: dict[str, dict[str, str]] = {"none": {}, "a stranger": {"Authorization": "Bearer oms_0123456789abcdef"}}
#: A call of each operation is made again so often, at least and at most, and as often once more; what may be kept of that.
LEAST_AGAIN, MOST_AGAIN, GROWTH_BYTES = 10, 60, 5 * 1024**2
#: Seconds by the clock before a call is given up.
CLOCK_S = 60
_QUIET = (Phase.generate, Phase.shrink)


@dataclass(slots=True)
class Stage:
    """The application, a key of each kind, and what stands for each name in a path."""

    site: Site
    keys: dict[str, dict[str, str]]
    refs: dict[str, list[str]] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    stopwatch: Stopwatch = field(default_factory=Stopwatch)
    #: operation -> the status and the request that got furthest: a lower status is a call that was taken further
    made: dict[str, tuple[int, requests.PreparedRequest]] = field(default_factory=dict)


@contextmanager
def staged() -> Iterator[Stage]:
    """A house with an order in each of some states, and a key of every role."""
    with ExitStack() as ending:
        servers = start_servers()
        ending.callback(servers.stop)
        url = embedded.create_database(servers.database_url, "oms_fuzz", template=servers.template)
        redis_url = embedded.claim_redis(servers.redis_url)
        ending.callback(embedded.release_redis, redis_url)
        crypto.install(crypto.key_ring(ENCRYPTION_KEYS, INDEX_KEY))
        deploy = oms_settings.load({
            "OMS_DATABASE_URL": url, "OMS_REDIS_URL": redis_url, "OMS_SECRET_KEY": SECRET_KEY,
            "OMS_ENCRYPTION_KEYS": ENCRYPTION_KEYS, "OMS_INDEX_KEY": INDEX_KEY, "OMS_ENVIRONMENT": "test",
        })  # fmt: skip
        engine = make_engine(url, role="web", pool_size=5, max_overflow=15)
        ending.callback(engine.dispose)
        site = Site(create_app(settings=deploy, database=Database(engine)), Database(engine), deploy)
        stage = _peopled(site)
        stage.stopwatch = _stopwatch(site)
        yield stage


def _stopwatch(site: Site) -> Stopwatch:
    """One that sees what PostgreSQL does for the application, where that runs on this machine."""
    backend, name = site.rows("SELECT pg_backend_pid(), current_database()")[0]
    try:
        postmaster = psutil.Process(backend).ppid()
    except psutil.NoSuchProcess:
        return Stopwatch()
    return Stopwatch(lambda: backends_of(postmaster, name))


def _peopled(site: Site) -> Stage:
    with site.transaction() as session:
        now = db.now(session)
        parcel = booked(session, served_floor(session), now).number
        held = make_web_order(session, make_house(session), buyer_message="ring twice")
        verified(session, held, now)
        order = session.get_one(Order, held.id).number
    shop = site.channel("partner", "sheet")
    roles = [role for role in ROLES if role != "distributor"]
    keys = {role: person(site, role).headers for role in roles} | {"all of them": person(site, *roles).headers}
    keys |= {"distributor": distributor(site, shop).headers} | STRANGERS
    stage = Stage(site, keys, {"ref": [order, parcel], "month": [f"{now:%Y-%m}", "2026-13"]})
    for name, table in (
        ("wave", "wave"),
        ("part", "fulfilment"),
        ("list", "hand_over_list"),
        ("step", "step"),
        ("doc", "document"),
    ):
        stage.refs[name] = [str(row[0]) for row in site.rows(f"SELECT id FROM {table} LIMIT 6")]
    return stage


def fuzz(seed: int, *, seconds: float) -> Fuzzed:
    """Three quarters of the time single calls, one quarter chains; each operation at least once."""
    found = Fuzzed()
    with staged() as stage:
        schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", stage.site.app)
        began = time.monotonic()
        _singly(stage, schema, seed, began + 0.75 * seconds, found)
        _in_chains(stage, schema, seed, began + seconds, found)
        rounds = max(LEAST_AGAIN, min(MOST_AGAIN, int(seconds / 4)))
        found.growth_bytes = _growth(stage, rounds)
        found.tried["calls made again"] = 2 * rounds * len(stage.made)
        if found.growth_bytes > GROWTH_BYTES:
            found.wrong.append(
                f"the application grows: {found.growth_bytes / 1e6:.1f} MB for {rounds} equal calls of each operation"
            )
        found.tried |= {f"answered {status}": count for status, count in sorted(stage.statuses.items())}
        found.wrong += overall(stage.statuses, found.tried["operations"])
        left = stage.site.rows("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'")
        if left != [(0,)]:
            found.wrong.append(f"{left[0][0]} transactions were left open")
    return found


def overall(statuses: Mapping[int, int], operations: int) -> list[str]:
    """What no call is judged by: those that are made again for their memory, and a run in which nobody was let in."""
    wrong = [f"{count} calls were answered {status}" for status, count in sorted(statuses.items()) if status >= 500]
    wrong += [] if operations else ["the document names no operation"]
    # Whom every door is shut to is told 401 or 404 and finds nothing behind them.
    done = any(200 <= status < 300 for status in statuses)
    return wrong + ([] if done else ["no call was ever answered 2xx: what lies behind the first check was not tried"])


def _growth(stage: Stage, rounds: int) -> int:
    """What the application keeps of the same calls made again, apart from what the calls' maker keeps.

    One call of each operation; the first time fills what is kept once.
    """
    weights = []
    for _ in range(2):
        for _ in range(rounds):
            for _status, call in stage.made.values():
                answer = _again(stage, call)
                stage.statuses[answer.status_code] += 1
        gc.collect()
        weights.append(psutil.Process().memory_info().rss)
    return weights[1] - weights[0]


def _again(stage: Stage, call: requests.PreparedRequest) -> TestResponse:
    parts = urlsplit(call.url or "")
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    body = call.body if isinstance(call.body, bytes) else (call.body or "").encode()
    return stage.site.app.test_client().open(path, method=call.method, headers=list(call.headers.items()), data=body)


def _singly(stage: Stage, schema: Any, seed: int, ends: float, found: Fuzzed) -> None:
    """Rounds over all operations until the time is over; at least one."""
    operations = [result.ok() for result in schema.get_all_operations()]
    found.tried["operations"] = len(operations)
    turn = 0
    while operations and (turn == 0 or time.monotonic() < ends):
        for place, operation in enumerate(list(operations)):
            late = turn > 0 and time.monotonic() > ends
            drawn = seed * 1_000_003 + turn * 1009 + place
            if not late and _calls(stage, operation, drawn, 2 if turn == 0 else 6, found):
                operations.remove(operation)
        turn += 1
    found.tried["rounds"] = turn


def _calls(stage: Stage, operation: Any, seed: int, examples: int, found: Fuzzed) -> bool:
    """Some calls of one operation; True when one was a fault."""
    chance = random.Random(seed)

    @hypothesis.seed(seed)
    @settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck), phases=_QUIET,
        report_multiple_bugs=False, print_blob=False,
    )  # fmt: skip
    @given(operation.as_strategy())
    def call(case: Any) -> None:
        found.tried["calls"] = found.tried.get("calls", 0) + 1
        for name in case.path_parameters or {}:
            if chance.random() < 0.6:
                known = stage.refs.get(name) or [one for ids in stage.refs.values() for one in ids]
                case.path_parameters[name] = chance.choice(known)
        # Half of the calls by one who may do everything: the others mostly see 401 and 403.
        key = "all of them" if chance.random() < 0.5 else chance.choice(list(stage.keys))
        _call(stage, case, stage.keys[key], found)

    return _guarded(call, operation.label, found)


def _call(stage: Stage, case: Any, headers: dict[str, str], found: Fuzzed) -> None:
    _validate(case, _timed(stage, case, lambda: case.call(headers=headers), found))


def _timed(stage: Stage, case: Any, call: Callable[[], Any], found: Fuzzed) -> Any:
    """The answer of a call that neither computed nor waited too long."""
    label = case.operation.label
    with alarm(CLOCK_S, time.process_time()):
        answer, spent = stage.stopwatch.measured(call)
    stage.statuses[answer.status_code] += 1
    if label not in stage.made or answer.status_code <= stage.made[label][0]:
        stage.made[label] = (answer.status_code, answer.request)
    found.slowest_s[label] = max(found.slowest_s.get(label, 0.0), round(spent.cpu_s, 3))
    found.waited_s[label] = max(found.waited_s.get(label, 0.0), round(spent.waited_s, 3))
    late = too_long(spent)
    assert late is None, late
    return answer


def _validate(case: Any, answer: Any) -> None:
    """As the document says; else the fault carries the call."""
    try:
        case.validate_response(answer, checks=CHECKS)
    except BaseException as fault:
        fault.add_note(f"{case.method} {case.path} {case.path_parameters} {case.query!r} {case.body!r}"[:1500])
        raise


def _guarded(call: Any, label: str, found: Fuzzed) -> bool:
    try:
        call()
    except BaseException as fault:
        if isinstance(fault, KeyboardInterrupt | SystemExit):
            raise
        found.wrong.append(f"{label}: {_words(fault)}")
        return True
    return False


def _words(fault: BaseException) -> str:
    inner = getattr(fault, "exceptions", None)
    said = " | ".join(_words(one) for one in inner) if inner else f"{type(fault).__name__}: {fault}"
    return f"{said[:900]} {' '.join(getattr(fault, '__notes__', []))}"[:2400]


def _in_chains(stage: Stage, schema: Any, seed: int, ends: float, found: Fuzzed) -> None:
    """Chains of calls that pass ids on, each with one key, until the time is over."""
    chance = random.Random(seed)

    class Chain(schema.as_state_machine()):  # type: ignore[misc]
        def setup(self) -> None:
            name = "all of them" if chance.random() < 0.7 else chance.choice(list(stage.keys))
            self.key = stage.keys[name]

        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            found.tried["calls in chains"] = found.tried.get("calls in chains", 0) + 1
            return {"headers": self.key}

        def call(self, case: Any, **given: Any) -> Any:
            return _timed(stage, case, lambda: case.call(**given), found)

        def validate_response(self, response: Any, case: Any, **more: Any) -> None:
            _validate(case, response)

    turn = 0
    while turn == 0 or time.monotonic() < ends:
        wanted = settings(
            max_examples=2 if turn == 0 else 5, stateful_step_count=5, deadline=None, database=None, derandomize=False,
            suppress_health_check=list(HealthCheck), phases=_QUIET, print_blob=False,
        )  # fmt: skip
        hypothesis.seed(seed + turn)(Chain)
        if _guarded(lambda: Chain.run(settings=wanted), "a chain of calls", found):  # noqa: B023
            return
        turn += 1
