"""Rate limits hold, with Redis and without."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oms.web import create_app
from tests.web.site import post


@pytest.mark.parametrize("redis", ["there", "away"])
def test_guessing_from_one_address_ends_whether_redis_is_there_or_not(site, redis, monkeypatch):
    monkeypatch.setattr("oms.web.counting.WAIT_S", 5)  # one late answer, and it would be counted elsewhere
    url = site.settings.redis_url if redis == "there" else "unix:///nonexistent/redis.sock"
    client = create_app(settings=replace(site.settings, redis_url=url), database=site.database).test_client()
    answers = [post(client, "/sign-in", {"login": f"n{n}", "password": "x"}) for n in range(51)]
    assert [answer.status_code for answer in answers] == [401] * 50 + [429]
    assert answers[-1].headers["Retry-After"] == "60"
    assert "Too many requests" in answers[-1].text


def test_webhooks_are_not_limited(site):
    client = site.app.test_client()
    assert {client.post("/webhooks/nobody").status_code for _ in range(120)} == {404}
