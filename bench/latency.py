"""How long the 202 takes at a tenth, a quarter, half, three quarters and all of what intake can do.

First as many as it can: clients that send the next order as soon as the last was answered, until every Order row stands. Then a
pace by the clock; a request's time counts from the instant at which it was due until its order was accepted, so that who is told
503 and comes again has waited.
"""

from __future__ import annotations

from bench import clients, intake, waiting
from bench.goods import Company, company
from bench.ground import Ground, ground

SHARES = (10, 25, 50, 75, 100)
POSTERS = 2


def run(*, orders: int = 8000, seconds: float = 10) -> dict[str, float]:
    """p50 and p99 in ms by percent of the highest rate, which `orders` orders tell."""
    with ground() as made:
        with made.database.transaction() as session:
            seeded = company(session)
        product = intake.started(made, seeded)
        product.take(orders)
        full = product.posted / product.wall_s
        figures = {"full_orders_per_s": full}
        for share in SHARES:
            answers = _at(made, seeded, share * 1_000_000, full * share / 100, seconds)
            figures[f"p50_ms_at_{share}"] = clients.percentile_ms(answers.times_s, 0.5)
            figures[f"p99_ms_at_{share}"] = clients.percentile_ms(answers.times_s, 0.99)
        return figures


def _at(made: Ground, seeded: Company, first: int, per_s: float, seconds: float) -> clients.Answers:
    count = max(10, int(per_s * seconds / POSTERS))
    loads = [
        clients.Load(made.web_port, seeded.sku_codes, first + n * count, count, per_s / POSTERS, patient=True)
        for n in range(POSTERS)
    ]
    with clients.started(clients.post_orders, loads) as posted:
        answers = posted()
    waiting.until_none_left(made, "accept")
    if set(answers.statuses) != {202}:
        raise SystemExit(f"the orders were answered {answers.statuses}")
    return answers
