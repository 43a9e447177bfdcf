"""Probes and figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from oms import db
from oms.journey import steps
from oms.journey.steps import NewStep
from oms.web import create_app


def figures(site, **labels):
    told = site.app.test_client().get("/metrics").text
    samples = [s for family in text_string_to_metric_families(told) for s in family.samples]
    return {s.name: s.value for s in samples if labels.items() <= s.labels.items()}


def test_a_migrated_database_is_ready(site, monkeypatch):
    monkeypatch.setattr("oms.web.counting.WAIT_S", 5)
    app = create_app(settings=site.settings, database=site.database)
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"status": "ready", "database": "ready", "redis": "answers"})


def test_a_database_that_is_not_migrated_is_not_ready(site):
    site.rows("UPDATE alembic_version SET version_num = 'long ago' RETURNING 1")
    answer = site.app.test_client().get("/readyz")
    assert answer.status_code == 503
    assert "long ago" in answer.json["database"]


def test_redis_is_told_of_but_not_needed(site):
    settings = replace(site.settings, redis_url="unix:///nonexistent/redis.sock")
    answer = create_app(settings=settings, database=site.database).test_client().get("/readyz")
    assert answer.status_code == 200
    assert answer.json["redis"].startswith("away")


def test_metrics_tell_what_waits_what_is_late_and_what_is_parked(site):
    site.step("review", due_in=-timedelta(hours=1))
    site.step("review")
    site.step("book", state="parked")
    found = figures(site) | figures(site, kind="review", state="open") | figures(site, kind="review")
    assert found["oms_steps"] == 2
    assert found["oms_steps_overdue"] == 1
    assert found["oms_steps_parked"] == 1
    assert found["oms_step_oldest_open_seconds"] >= 0
    assert found["oms_leases_lost"] == 0


@pytest.mark.parametrize(
    ("begins_in", "failed", "age"),
    [
        (timedelta(hours=5), False, timedelta(0)),  # a wave's own hour: nobody is late
        (-timedelta(minutes=2), False, timedelta(minutes=2)),
        (timedelta(minutes=10), True, timedelta(hours=3)),  # its next attempt
    ],
)
def test_a_step_of_the_system_is_as_old_as_it_could_have_been_done(site, begins_in, failed, age):
    with site.transaction() as session:
        now = db.now(session)
        new = NewStep("wave", db.new_id(), run_after=now + begins_in, due_at=now + timedelta(hours=7))
        steps.open_steps(session, [new], now=now - timedelta(hours=3))
        if failed:
            session.execute(text("UPDATE step SET attempt = 1, error = 'the disk is full'"))
    told_s = figures(site, kind="wave")["oms_step_oldest_open_seconds"]
    assert age.total_seconds() <= told_s < age.total_seconds() + 60


def test_metrics_count_entries_that_are_not_sealed(site):
    site.person("hr")
    assert figures(site)["oms_history_unsealed"] == 1


def test_requests_are_counted_by_route_not_by_path(site):
    before = figures(site, route="/webhooks/<name>", status="404").get("oms_requests_total", 0)
    site.app.test_client().post("/webhooks/nobody")
    assert figures(site, route="/webhooks/<name>", status="404")["oms_requests_total"] == before + 1


def test_metrics_are_shut_to_strangers_from_other_machines(site):
    client, far = site.app.test_client(), {"REMOTE_ADDR": "203.0.113.9"}
    assert client.get("/metrics", environ_overrides=far).status_code == 401
    assert client.get("/metrics", environ_overrides=far, headers=site.key("buyer")).status_code == 403
    assert client.get("/metrics", environ_overrides=far, headers=site.key("auditor")).status_code == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"])
def test_metrics_are_shut_to_whom_a_proxy_on_this_machine_passes_on(site, header):
    """Nobody said that there is one: each visitor of the house seems to come from here."""
    passed_on = {header: "203.0.113.9"}
    assert site.app.test_client().get("/metrics", headers=passed_on).status_code == 401
    assert site.app.test_client().get("/metrics", headers=passed_on | site.key("auditor")).status_code == 200
