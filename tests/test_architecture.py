"""The house's rules that a program can hold: who imports whom, where things are."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.source_tree import PRODUCT, ROOT, committed, sources

TOP_LEVEL = {
    "oms", "connectors", "workers", "migrations", "tests", "wsgi.py", "pyproject.toml", "README.md", "CHANGELOG.md",
    "CONTRIBUTING.md", "LICENSE", "docs", "requirements", "bench", "dev.py", ".ci", ".gitignore",
}  # fmt: skip

NAMES_THAT_SAY_NOTHING = {
    "utils",
    "util",
    "helpers",
    "helper",
    "manager",
    "managers",
    "service",
    "services",
    "common",
    "misc",
}

#: path -> why it may catch every exception: the frames that must outlive a fault of one piece of work.
CATCHES_ALL: dict[str, str] = {
    "oms/web/quick_door.py": "passes it on: the application behind the door raises it again and tells it",
    "workers/inside.py": "one step must not stop the queue; the batch is halved",
    "workers/outside.py": "one step must not stop the queue; the step is tried again",
    "workers/run.py": "the outermost frame of a forked worker: what ended it must be on record",
    "workers/sweep.py": "the sweep outlives every fault of one part",
}

#: path -> why it may commit; all others leave that to `Database.transaction`.
COMMITS: dict[str, str] = {"oms/db.py": "the one transaction"}


def test_imports_go_one_way():
    linter = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([linter, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_nothing_is_imported_inside_a_function():
    inside = [
        f"{source.path}:{node.lineno}"
        for source in sources(*PRODUCT)
        for function in ast.walk(source.tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert inside == []


def test_nobody_dodges_an_import_cycle():
    assert [source.path for source in sources(*PRODUCT) if re.search(r"\bTYPE_CHECKING\b", source.text)] == []


def test_only_named_frames_catch_every_exception():
    def swallows_all(handler: ast.ExceptHandler) -> bool:
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        catches_all = any(kind is None or ast.unparse(kind) in ("Exception", "BaseException") for kind in kinds)
        passes_on = any(isinstance(node, ast.Raise) and node.exc is None for node in ast.walk(handler))
        return catches_all and not passes_on

    found = {
        source.path
        for source in sources(*PRODUCT)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ExceptHandler) and swallows_all(node)
    }
    assert found == set(CATCHES_ALL)


def test_services_never_commit():
    found = {
        source.path
        for source in sources("oms")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute) and node.attr == "commit"
    }
    assert found - set(COMMITS) == set()


def test_the_top_level_is_as_the_owner_fixed_it():
    assert {path.split("/")[0] for path in committed()} - TOP_LEVEL == set()


def test_files_are_named_by_nouns_of_the_trade():
    found = [source.path for source in sources(*PRODUCT) if Path(source.path).stem in NAMES_THAT_SAY_NOTHING]
    assert found == []


def test_every_module_says_what_it_is():
    empty_init = [source for source in sources(*PRODUCT) if source.text.strip()]
    assert [source.path for source in empty_init if not ast.get_docstring(source.tree)] == []


#: What each part may import by itself: only what a lock names by its own line, not what another package happens to bring.
LEVELS = {"runtime": ("oms", "connectors", "workers", "migrations", "wsgi.py"), "dev": ("tests", "bench")}


FOR_THE_DEMO = ("oms/demo/", "connectors/sandbox/")


@pytest.mark.parametrize("level", LEVELS)
def test_every_imported_package_is_pinned_by_name(level):
    lines = [line for name in _and_smaller(level) for line in _requirements(name).splitlines()]
    pinned = {re.split(r"[\[=]", line)[0] for line in lines if "==" in line}
    demo_only = {re.split(r"[\[=]", line)[0] for line in _requirements("demo").splitlines() if "==" in line}
    found = {
        f"{source.path}: {name}"
        for source in sources(*LEVELS[level])
        for name in _imported(source.tree)
        if not _distributions(name) & (pinned | demo_only if source.path.startswith(FOR_THE_DEMO) else pinned)
    }
    assert found == set()


def _and_smaller(level: str) -> tuple[str, ...]:
    return ("runtime",) if level == "runtime" else ("runtime", "demo", "dev")


def _requirements(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.in").read_text()


def _imported(tree: ast.Module) -> set[str]:
    """The top-level names of others that a file imports."""
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    ours = {*PRODUCT, "tests", "migrations", "bench"}
    return {name.split(".")[0] for name in names} - ours - sys.stdlib_module_names


@functools.cache
def _packages() -> dict[str, list[str]]:
    return dict(packages_distributions())


def _distributions(name: str) -> set[str]:
    """The names under which a package that gives this module can be pinned."""
    return {re.sub(r"[-_.]+", "-", found).lower() for found in _packages().get(name, [])}


@pytest.mark.parametrize("name", ["installer", "runtime", "demo", "dev"])
def test_locks_hold_every_pin_with_a_hash_and_name_no_host(name):
    lock = (ROOT / "requirements" / f"{name}.lock").read_text()
    wanted = re.findall(
        r"^([a-z][\w.-]*)(?:\[.*?\])?==([\w.]+)", (ROOT / f"requirements/{name}.in").read_text(), re.MULTILINE
    )
    assert wanted
    assert "://" not in lock
    assert [pin for pin in wanted if f"\n{pin[0]}=={pin[1]}" not in f"\n{lock}"] == []
    assert lock.count("==") <= lock.count("--hash=sha256:")


def test_each_lock_holds_the_smaller_one():
    pins = [
        set(re.findall(r"^\S+==\S+", (ROOT / "requirements" / f"{name}.lock").read_text(), re.MULTILINE))
        for name in ("runtime", "demo", "dev")
    ]
    assert pins[0] < pins[1] < pins[2]
