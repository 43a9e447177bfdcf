"""`oms staff` and `oms key`: how the first person, and everyone after, comes into a house; and how commands refuse."""

from __future__ import annotations

import io
import sys

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from oms import db
from oms.accounts import api_keys, passwords
from oms.accounts.models import Staff
from oms.cli import main
from tests.conftest import CleanDatabase

PASSWORD = "tea leaves in spring"


@pytest.fixture
def installed(clean_database: CleanDatabase, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> CleanDatabase:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    return clean_database


def _typed(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{line}\n"))


def _person(session: Session, login: str) -> Staff:
    return session.scalars(select(Staff).where(Staff.login == login)).one()


def _said(capsysbinary: pytest.CaptureFixture[bytes]) -> str:
    return capsysbinary.readouterr().out.decode()


def _add(monkeypatch: pytest.MonkeyPatch, login: str = "mei", password: str = PASSWORD) -> int:
    _typed(monkeypatch, password)
    return main(["staff", "add", login, "--name", "Mei", "--role", "order_manager", "--role", "admin"])


def test_the_first_person_is_added_by_a_command(
    installed: CleanDatabase, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert _add(monkeypatch) == 0
    assert PASSWORD not in _said(capsysbinary)
    with installed.database.transaction() as session:
        mei = _person(session, "mei")
        assert (mei.name, mei.roles, mei.team, mei.active) == ("Mei", ["order_manager", "admin"], "order_manager", True)
        assert passwords.matches(mei.password_hash, PASSWORD, environment="test")
        assert session.execute(text("SELECT actor FROM history_entry")).scalar_one().startswith("command:")
    assert main(["staff", "list"]) == 0
    assert "mei" in _said(capsysbinary)


@pytest.mark.parametrize(
    ("login", "password", "word"),
    [("mei", "short", "12 characters"), ("Mei Li", PASSWORD, "lower case"), ("mei", "mei and her tea leaves", "login")],
)
def test_what_is_refused_says_why(
    login: str, password: str, word: str, installed: CleanDatabase, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert _add(monkeypatch, login, password) == 1
    assert word in capsys.readouterr().err
    with installed.database.transaction() as session:
        assert session.scalars(select(Staff)).all() == []


def test_roles_password_and_admission_change(installed: CleanDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    _add(monkeypatch)
    assert main(["staff", "roles", "mei", "finance"]) == 0
    _typed(monkeypatch, "other leaves in autumn")
    assert main(["staff", "password", "mei"]) == 0
    assert main(["staff", "disable", "mei", "--why", "left the company"]) == 0
    with installed.database.transaction() as session:
        mei = _person(session, "mei")
        assert (mei.roles, mei.active) == (["finance"], False)
        assert passwords.matches(mei.password_hash, "other leaves in autumn", environment="test")
    assert main(["staff", "enable", "mei", "--why", "came back"]) == 0
    with installed.database.transaction() as session:
        assert _person(session, "mei").active
        moves = session.execute(text("SELECT event FROM history_entry ORDER BY id")).scalars().all()
    assert [move.rpartition(".")[2] for move in moves] == [
        "created",
        "roles_set",
        "password_set",
        "disabled",
        "enabled",
    ]


@pytest.mark.parametrize(
    ("argv", "code", "word"),
    [
        (["staff", "roles", "nobody", "finance"], 1, "oms staff list"),
        (["staff", "add", "mei", "--name", "Mei", "--role", "boss"], 64, "order_manager"),
        (["staff", "add", "mei", "--name", "Mei", "--role", "warehouse", "--warehouse", "X1"], 1, "no warehouse"),
        (["staff"], 64, "DO"),
        (["key", "add", "shop", "--role", "distributor"], 1, "channel"),
        (["key", "add", "shop", "--role", "distributor", "--channel", "nowhere"], 1, "no channel"),
        (["staff", "add", "mei", "--name", "Mei", "--role", "distributor"], 1, "oms key add"),
        (["key", "add", "erp", "--role", "order_manager", "--days", "0"], 64, "from 1 to 3650"),
        (["key", "add", "erp", "--role", "order_manager", "--days", "-1"], 64, "from 1 to 3650"),
        (["key", "add", "erp", "--role", "order_manager", "--days", "99999999999"], 64, "from 1 to 3650"),
        (["key", "revoke", "omsabc_xyz", "--why", "lost"], 1, "oms key list"),
    ],
)
def test_what_cannot_be_done_is_told(
    argv: list[str], code: int, word: str, installed: CleanDatabase, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    _typed(monkeypatch, PASSWORD)
    assert main(argv) == code
    assert word in capsys.readouterr().err


def test_a_key_is_printed_once_and_can_be_revoked(
    installed: CleanDatabase, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["key", "add", "erp", "--role", "order_manager", "--days", "30"]) == 0
    key = _said(capsysbinary).strip()
    with installed.database.transaction() as session:
        found = api_keys.who(session, key=key, now=db.now(session))
        assert found is not None
        assert found.roles == {"order_manager"}
    assert main(["key", "revoke", key, "--why", "lost"]) == 0
    assert main(["key", "list"]) == 0
    said = _said(capsysbinary)
    assert "revoked" in said
    assert key not in said
    with installed.database.transaction() as session:
        assert api_keys.who(session, key=key, now=db.now(session)) is None


def test_wrong_settings_are_named_all_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("OMS_DATABASE_URL", "OMS_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    assert main(["migrate"]) == 78
    said = capsys.readouterr().err
    assert "OMS_DATABASE_URL is not set" in said
    assert "OMS_SECRET_KEY is not set" in said


def test_a_database_that_is_away_is_told(
    installed: CleanDatabase, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OMS_DATABASE_URL", "postgresql://oms@127.0.0.1:1/oms")
    assert main(["check-invariants"]) == 69
    assert "OMS_DATABASE_URL" in capsys.readouterr().err
