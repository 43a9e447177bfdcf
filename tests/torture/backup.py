"""T11: backup. The disk of the database is lost while shops sell; it is restored to a random second, and the shops are
asked again. Then a dump is taken while they sell on, and restored into another database.

Measured: RPO (what the archive does not hold, in seconds before the loss) and RTO (from the loss to the next order that
stands). Held: the restored state is that moment's exactly, the recipe of docs/operating.md ends well, each order that a
shop took is one order with us again, and the invariants hold; the dump is row for row what stood when it was taken.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import requests
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from oms.demo.goods import GOODS
from oms.demo.people import CUSTOMERS
from oms.demo.robots.shops import line
from tests.torture import dump, recipe, rest, verdict
from tests.torture.archive import Archive
from tests.torture.house import House, Leases, built
from tests.torture.options import Options
from tests.torture.verdict import Findings, Outcome

#: `archive_timeout` of the drill, and what copying may take beside it on a busy machine.
TIMEOUT_S, COPY_S = 5, 5
RTO_S = 900.0
#: The file whose existence closes the shops.
SHUT = "shops.shut"
CHANNELS = ("web-own", "web-woo", "web-shopify")
_KEY = {"Authorization": "Bearer sandbox-shop-key"}
#: A transaction commits so much later than the moment that it wrote into its rows, at most.
BLUR_S = 2.0
_MESSAGES = text("SELECT id, received_at FROM inbound_message")
_NEW_ORDERS = text("SELECT count(*) FROM history_entry WHERE subject_type = 'order' AND at > :at")


@dataclass(frozen=True, slots=True)
class Form:
    """Sizes; the base backup is taken after `backup_s`, the disk is lost after `seconds`, the shops sell all the time."""

    orders: int
    seconds: float
    backup_s: float
    drain_s: float
    least: int
    faults: int


SHORT = Form(60, 20, 3, 120, least=10, faults=1)
LONG = Form(3_000, 300, 60, 900, least=100, faults=1)


@dataclass(frozen=True, slots=True)
class _Window:
    """`target` is the restored moment, `messages` what stood when the disk was lost; then, and recovered (CLOCK_MONOTONIC)."""

    target: datetime
    lost: float
    recovered: float
    messages: list[tuple[str, datetime]]


def run(options: Options) -> Outcome:
    """One drill."""
    form: Form = options.scaled(LONG if options.long else SHORT)
    outcome = Outcome("backup", options.seed, long=options.long)
    with built(leases=Leases(5, 10), keep=options.keep) as made:
        options.say(f"backup: {form.orders} orders in {form.seconds:.0f} s, seed {options.seed}, in {made.folder}")
        server = made.server("postgresql")
        if server is None:
            outcome.cannot_run("PostgreSQL was given by its URL: its disk is not ours to lose")
            return outcome
        archive = Archive(server, server.data_dir / "archive", TIMEOUT_S)
        archive.switch_on()
        made.watch(server.answers, limit_s=30)
        made.open()
        _drill(made, archive, form, options, outcome)
    return outcome


def _drill(made: House, archive: Archive, form: Form, options: Options, outcome: Outcome) -> None:
    ledger = made.folder / "placed.jsonl"
    seller = made.run_beside("shops", partial(sell, made.place.shop_url, options.seed, form, ledger))
    _watch_for(made, form.backup_s)
    taken = made.run_beside("base backup", lambda: archive.back_up())  # noqa: PLW0108  the child runs it
    made.watch(lambda: taken.poll() is not None, limit_s=120)
    since = datetime.now(UTC)
    if taken.returncode != 0:
        outcome.wrong.append(f"the base backup ended with {taken.returncode}: see {made.folder}/base backup.log")
        return
    # Long enough that something of the archive lies behind the backup.
    _watch_for(made, form.seconds - form.backup_s)
    with made.database() as session:
        messages = [(str(row[0]), row[1]) for row in session.execute(_MESSAGES)]
    lost_at, lost = datetime.now(UTC), time.monotonic()
    archive.lose_disk()
    last = archive.last_moment()
    if last is None:
        outcome.wrong.append(
            "the archive holds no transaction that came after the base backup: nothing can be restored"
        )
        return
    target = moment(options.seed, since, last)
    outcome.figures |= {
        "RPO s": round((lost_at - last).total_seconds(), 1),
        "restored to s before the loss": round((lost_at - target).total_seconds(), 1),
    }
    options.say(f"  the disk is lost; the archive reaches to {last:%H:%M:%S}, restoring to {target:%H:%M:%S.%f}")
    before = time.monotonic()
    archive.restore(target)
    made.watch(archive.recovered, limit_s=120)
    outcome.figures["restore took s"] = round(time.monotonic() - before, 1)
    _back(made, _Window(target, lost, time.monotonic(), messages), ledger, outcome)
    dumped = dump.drill(made, archive)
    outcome.wrong += dumped.wrong
    outcome.figures |= dumped.figures
    (made.folder / SHUT).touch()
    made.watch(lambda: seller.poll() is not None, limit_s=60)
    _judge(made, form, ledger, outcome)


def moment(seed: int, since: datetime, until: datetime) -> datetime:
    """A random moment in between."""
    share = random.Random(f"restore {seed}").uniform(0.1, 0.95)
    return since + timedelta(seconds=share * max(0.0, (until - since).total_seconds()))


def _watch_for(made: House, seconds: float) -> None:
    ends = time.monotonic() + seconds
    made.watch(lambda: time.monotonic() > ends)


def _back(made: House, window: _Window, ledger: Path, outcome: Outcome) -> None:
    """The restored state is that moment's; then orders stand again; then the recipe."""
    outcome.figures["orders placed before the loss"] = len(read(ledger))
    outcome.figures["messages after the moment"] = sum(at > window.target for _, at in window.messages)
    outcome.wrong += exact(made, window)
    now = datetime.now(UTC)
    stands = partial(_made_since, made, now)
    if not made.watch(stands, limit_s=120):
        outcome.wrong.append("no order stood within 120 s after the restore")
    outcome.figures["RTO s"] = round(time.monotonic() - window.lost, 1)
    ended, wrong = recipe.follow(made.ground.environment, recovered=window.recovered)
    outcome.figures |= ended
    outcome.wrong += wrong


def exact(made: House, window: _Window) -> list[str]:
    """What was received clearly before the moment stands, what came after it does not."""
    with made.database() as session:
        stand = {str(row[0]) for row in session.execute(_MESSAGES)}
    early = window.target - timedelta(seconds=BLUR_S)
    gone = [name for name, at in window.messages if at < early and name not in stand]
    late = [name for name, at in window.messages if at > window.target and name in stand]
    wrong = [f"{len(gone)} messages from before the moment are not restored"] if gone else []
    return wrong + ([f"{len(late)} messages from after the moment are restored"] if late else [])


def _made_since(made: House, at: datetime) -> bool:
    with suppress(OperationalError), made.database() as session:
        return bool(session.execute(_NEW_ORDERS, {"at": at}).scalar_one())
    return False


def _judge(made: House, form: Form, ledger: Path, outcome: Outcome) -> None:
    """Each order of a shop is one order with us; nothing else is wrong."""
    placed = read(ledger)
    if not made.watch(lambda: missing(made, placed) == [], limit_s=form.drain_s):
        outcome.wrong += [f"LOST: {one} was sold and did not come back" for one in missing(made, placed)]
    due = rest.come(made, limit_s=form.drain_s)
    if due:
        outcome.wrong.append(f"still at work after {form.drain_s:.0f} s: {due}")
    with made.database() as session:
        found = Findings(verdict.parked(session))
    verdict.house_in_order(made, found)
    stand = _stand(made)
    outcome.wrong += found.wrong
    outcome.wrong += [f"DOUBLE: {name} is {times} orders" for name, times in stand.items() if times > 1]
    outcome.wrong += [f"order {name} was never sold" for name in stand.keys() - set(placed)]
    outcome.figures |= found.figures | {"orders sold": len(placed), "orders that stand": sum(stand.values())}
    outcome.wrong += goals(outcome, form)


def goals(outcome: Outcome, form: Form) -> list[str]:
    """The figures against what was promised; a drill in which nothing was lost proves nothing."""
    rpo, rto = outcome.figures["RPO s"], outcome.figures["RTO s"]
    wrong = (
        [f"RPO {rpo} s, with archive_timeout {TIMEOUT_S} s at most {TIMEOUT_S + COPY_S}"]
        if rpo > TIMEOUT_S + COPY_S
        else []
    )
    wrong += [f"RTO {rto} s, at most {RTO_S:.0f}"] if rto > RTO_S else []
    few = outcome.figures["orders placed before the loss"] < form.least
    wrong += [f"fewer than {form.least} orders were sold before the loss"] if few else []
    none = outcome.figures["messages after the moment"] == 0
    return wrong + (["nothing was lost: no message came between the moment and the loss"] if none else [])


def missing(made: House, placed: list[str]) -> list[str]:
    """Orders of the shops that are none with us."""
    return sorted(set(placed) - _stand(made).keys())


def _stand(made: House) -> Counter[str]:
    sql = "SELECT c.name || '/' || o.channel_order_id FROM orders o JOIN channel c ON c.id = o.channel_id WHERE c.name = ANY(CAST(:names AS text[]))"
    with suppress(OperationalError), made.database() as session:
        return Counter(session.execute(text(sql), {"names": list(CHANNELS)}).scalars())
    return Counter()


def sell(url: str, seed: int, form: Form, ledger: Path) -> int:
    """Shoppers at the sandbox shops, before, during and after the loss."""
    chance = random.Random(f"shops {seed}")
    pause_s = form.seconds / form.orders
    number = 0
    with ledger.open("a", encoding="utf-8", buffering=1) as out:
        while not (ledger.parent / SHUT).exists():
            number += 1
            name = chance.choice(CHANNELS)
            body = {"channel": name, "key": f"s{seed}-{number}", "order": order(chance, name), "webhook": "once"}
            with suppress(requests.RequestException):
                answer = requests.post(f"{url}/admin/place", json=body, headers=_KEY, timeout=10)
                if answer.ok:
                    out.write(json.dumps(f"{name}/{answer.json()['channel_order_id']}") + "\n")
            time.sleep(pause_s)
    return 0


def order(chance: random.Random, channel: str) -> dict[str, object]:
    """A paid order of one good for a customer of the house."""
    currency = "CNY" if channel == "web-own" else "EUR"
    customer = chance.choice(list(CUSTOMERS.values()))
    code = chance.choice([good.code for good in GOODS if not good.parts])
    return {
        "currency": currency,
        "customer": customer.contact(),
        "ship_to": customer.ship_to(),
        "lines": [line(code, chance.choice((1, 2)), currency)],
        "totals": {"discount": "0.00", "shipping": "0.00", "tax": "0.00", "tax_included": channel != "web-woo"},
        "payment": {"terms": "prepaid", "status": "paid"},
    }


def read(ledger: Path) -> list[str]:
    """`channel/order` of what the shops took."""
    return [json.loads(text_line) for text_line in ledger.read_text(encoding="utf-8").splitlines()]
