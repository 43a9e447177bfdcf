"""The one script of a checkout: what a newcomer types, and what it says when something is missing."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from types import ModuleType

import pytest

from tests.source_tree import ROOT


@pytest.fixture
def dev(tmp_path, monkeypatch) -> ModuleType:
    """dev.py, with an environment folder of its own that does not exist yet."""
    monkeypatch.setenv("OMS_VENV", str(tmp_path / "venv"))
    spec = importlib.util.spec_from_file_location("dev", ROOT / "dev.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "dev.py", *words], capture_output=True, text=True, check=False, timeout=60
    )


def test_without_a_word_it_lists_its_commands():
    done = run()
    assert done.returncode == 0
    assert re.findall(r"^  python3 dev\.py (\w+)", done.stdout, re.MULTILINE) == [
        "setup",
        "demo",
        "test",
        "check",
        "bench",
        "torture",
    ]


def test_an_unknown_command_is_refused_with_the_list():
    done = run("tset")
    assert done.returncode == 2
    assert "no command 'tset'" in done.stdout
    assert "python3 dev.py test" in done.stdout


def test_torture_lists_its_levels():
    done = run("torture", "--help")
    assert done.returncode == 0
    assert "random kill" in done.stdout


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_python_without_venv_is_told_what_to_install(dev, monkeypatch, capsys, module):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(SystemExit) as stopped:
        dev.ensure("demo")
    assert stopped.value.code == 1
    assert "apt-get install python3-venv" in capsys.readouterr().err


@pytest.mark.parametrize("version", [(3, 10, 1), (3, 14, 0)])
def test_a_python_too_old_or_too_new_is_refused(dev, monkeypatch, capsys, version):
    monkeypatch.setattr(sys, "version_info", version)
    with pytest.raises(SystemExit):
        dev.ensure("demo")
    assert "needs CPython 3.11 to 3.13" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("stamped", "wanted", "enough"),
    [("dev", "dev", True), ("dev", "demo", True), ("demo", "demo", True), ("demo", "dev", False)],
)
def test_a_stamp_of_a_larger_environment_is_enough(dev, stamped, wanted, enough):
    dev.PYTHON.parent.mkdir(parents=True)
    dev.PYTHON.touch()
    dev.STAMP.write_text(f"{dev.fingerprint()} {stamped}\n")
    assert dev.is_installed(wanted) is enough


def test_a_stamp_of_other_locks_is_not_enough(dev):
    dev.PYTHON.parent.mkdir(parents=True)
    dev.PYTHON.touch()
    dev.STAMP.write_text("0123abcd dev\n")
    assert not dev.is_installed("demo")


def test_a_folder_that_cannot_be_written_is_named_with_a_way_out(dev, monkeypatch, capsys, tmp_path):
    (tmp_path / "venv").write_text("a file is in the way")
    monkeypatch.setattr(dev, "PYTHON", tmp_path / "venv" / "bin" / "python")
    with pytest.raises(SystemExit):
        dev.make_venv()
    assert "name another one with OMS_VENV" in capsys.readouterr().err


def test_tests_run_on_two_workers_unless_told_otherwise(dev):
    assert dev.pytest_command(["tests/unit"])[3:] == ["-n", "2", "--dist", "worksteal", "tests/unit"]
    assert dev.pytest_command(["-n0"])[3:] == ["-n0"]


def test_what_failed_is_told_once_more_after_all_gates(dev, monkeypatch, capsys):
    def gate(words: str, code: int) -> list[str]:
        return [sys.executable, "-c", f"print('''{words}'''); raise SystemExit({code})"]

    monkeypatch.setattr(dev, "ensure", lambda level: None)
    monkeypatch.setattr(
        dev,
        "gates",
        lambda rest: [
            ("one", gate("red: t3", 1)),
            ("two", gate("\\n".join(f"line {n}" for n in range(100)), 0)),
            ("mute", [sys.executable, "-c", "raise SystemExit(2)"]),
        ],
    )
    assert dev.check([]) == 1
    _, told, mute = capsys.readouterr().out.rsplit("FAILED, and said at its end:\n", 2)
    assert told.startswith("red: t3\n")
    assert "line 99" not in told
    assert mute.startswith("(nothing)")
    assert [line.split()[:2] for line in mute.splitlines()[-3:]] == [
        ["FAILED", "one"],
        ["passed", "two"],
        ["FAILED", "mute"],
    ]


def test_the_script_needs_nothing_but_the_standard_library():
    imported = re.findall(r"^\s*(?:import|from) (\w+)", (ROOT / "dev.py").read_text(), re.MULTILINE)
    assert set(imported) <= sys.stdlib_module_names
