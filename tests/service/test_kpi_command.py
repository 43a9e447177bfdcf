"""`oms kpi` on a real database, and the periodic step that keeps the months."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from oms.cli import main
from oms.cli.kpi import run
from oms.db import new_id
from oms.journey import steps
from oms.journey.steps import NewStep
from oms.kpi.models import KpiMonth
from workers.kpi import compute_kpi

NOW = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)


@pytest.fixture
def installed(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("installed")
def test_the_command_prints_this_month_as_json(capsysbinary: pytest.CaptureFixture[bytes]):
    assert main(["kpi", "--format", "json"]) == 0
    report = json.loads(capsysbinary.readouterr().out)
    assert report["provisional"]
    assert {figure["kpi"] for figure in report["figures"]} >= {"on_time", "completion", "entry_accuracy"}


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("form", "mark"), [("table", "订单完成率"), ("csv", "订单完成率"), ("html", "<!doctype html>")]
)
def test_the_command_speaks_chinese_in_every_format(form: str, mark: str, capsysbinary: pytest.CaptureFixture[bytes]):
    assert run(["2024-02", "--format", form, "--language", "zh_Hans"]) == 0
    assert mark in capsysbinary.readouterr().out.decode()


@pytest.mark.usefixtures("installed")
def test_a_month_that_has_not_begun_says_so(capsys: pytest.CaptureFixture[str]):
    assert main(["kpi", "9998-12"]) == 1
    assert "has not begun" in capsys.readouterr().err


@pytest.mark.parametrize("argv", [["2026-13"], ["november"], ["2026-11", "--format", "pdf"]])
def test_wrong_usage_exits_64(argv: list[str], capsys: pytest.CaptureFixture[str]):
    assert main(["kpi", *argv]) == 64
    assert "oms kpi" in capsys.readouterr().err


def test_the_periodic_step_keeps_the_months(session: Session, business_now: datetime):
    steps.open_steps(session, [NewStep("compute_kpi", new_id(), subject_type="period")], now=business_now)
    claimed = steps.claim(session, kind="compute_kpi", limit=1, lease_s=30, worker="w")
    done = compute_kpi(session, claimed, business_now)
    steps.finish(session, done, by="system", now=business_now)
    assert session.get_one(KpiMonth, "2026-11").closed_at is None
    assert session.get_one(KpiMonth, "2026-10").closed_at == business_now
