"""A fault that robots pass over by trying again is found in the log of requests."""

from __future__ import annotations

from pathlib import Path

from tests.torture.answered import faults, unheard

_LINE = '{{"method":"POST","route":"/api/v1/steps","status":{status},"ms":3.1,"event":"{event}"}}\n'


def _line(status: int, event: str = "request") -> str:
    return _LINE.format(status=status, event=event)


def test_a_fault_is_told_once_with_how_often(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "1.log").write_text(_line(200) + _line(500) + _line(500) + _line(500)[:40])
    (tmp_path / "2.log").write_text("a line of another program\n" + _line(504))
    assert faults(tmp_path) == [
        "500: 2 x POST /api/v1/steps was answered 500",
        "500: 1 x POST /api/v1/steps was answered 504",
    ]


def test_come_again_and_what_others_log_is_none(tmp_path: Path) -> None:
    (tmp_path / "1.log").write_text(_line(503) + _line(409) + _line(500, event="carrier call"))
    assert faults(tmp_path) == []


def test_a_log_without_any_request_or_in_other_words_is_told(tmp_path: Path) -> None:
    assert len(unheard(tmp_path)) == 1
    (tmp_path / "1.log").write_text(_line(500, event="carrier call") + _line(500).replace(":", ": "))
    assert faults(tmp_path) == []
    assert len(unheard(tmp_path)) == 1
    (tmp_path / "2.log").write_text(_line(200))
    assert unheard(tmp_path) == []
