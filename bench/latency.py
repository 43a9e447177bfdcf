"""How long the 202 takes at a tenth, a quarter, half, three quarters and all of what intake can do.

First as many as it can: clients that wait for each answer. Then a pace by the clock; a request's time counts from the instant at which
it was due.
"""

from __future__ import annotations

import time

from bench import clients, growth
from bench.goods import Company, company
from bench.ground import Ground, ground

SHARES = (10, 25, 50, 75, 100)
POSTERS = 2


def run(*, seconds: float = 10) -> dict[str, float]:
    """p50 and p99 in ms by percent of the full rate."""
    with ground() as made:
        with made.database.transaction() as session:
            seeded = company(session)
        bind = f"127.0.0.1:{made.web_port}"
        made.start("gunicorn", "-c", "oms/web/gunicorn_conf.py", "-b", bind, "wsgi:app")
        made.start("bench.accept_worker")
        made.wait_for_web()
        growth._post(made, seeded, 90_000_000, 400)
        began = time.perf_counter()
        growth._post(made, seeded, 91_000_000, 3000)
        full = 3000 / (time.perf_counter() - began)
        figures = {"full_orders_per_s": full}
        for share in SHARES:
            answers = _at(made, seeded, share * 1_000_000, full * share / 100, seconds)
            figures[f"p50_ms_at_{share}"] = clients.percentile_ms(answers.times_s, 0.5)
            figures[f"p99_ms_at_{share}"] = clients.percentile_ms(answers.times_s, 0.99)
        return figures


def _at(made: Ground, seeded: Company, first: int, per_s: float, seconds: float) -> clients.Answers:
    count = max(10, int(per_s * seconds / POSTERS))
    loads = [
        clients.Load(made.web_port, seeded.sku_codes, first + n * count, count, per_s / POSTERS) for n in range(POSTERS)
    ]
    with clients.started(clients.post_orders, loads) as posted:
        answers = posted()
    growth._wait(made, lambda left: left == 0, "accept")
    if set(answers.statuses) != {202}:
        raise SystemExit(f"the orders were answered {answers.statuses}")
    return answers
