"""The repository's own Python files, parsed once, for the tests that hold its shape."""

from __future__ import annotations

import ast
import functools
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = ("oms", "connectors", "workers")
EVERYTHING = (*PRODUCT, "migrations", "tests", "bench", "dev.py", "wsgi.py")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Source:
    """One file: its path from the root, its text and its tree."""

    path: str
    text: str
    tree: ast.Module

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())

    def functions(self) -> Iterator[tuple[str, int]]:
        """Each function's name and its length in lines, from `def` to its end."""
        for node in ast.walk(self.tree):
            if isinstance(node, Function):
                yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1

    def strings(self) -> Iterator[tuple[int, str]]:
        """Each string that is no docstring, with its line."""
        docstrings = {id(node.value) for node in ast.walk(self.tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                yield node.lineno, node.value


@functools.cache
def sources(*tops: str) -> tuple[Source, ...]:
    """All Python files below the given folders (or the files themselves)."""
    paths = [path for top in tops for path in ([ROOT / top] if top.endswith(".py") else (ROOT / top).rglob("*.py"))]
    return tuple(_source(path) for path in sorted(paths) if path.exists())


# The tests ask for overlapping parts of the tree; each file is parsed once for all of them.
@functools.cache
def _source(path: Path) -> Source:
    text = path.read_text(encoding="utf-8")
    return Source(path.relative_to(ROOT).as_posix(), text, ast.parse(text, str(path)))


@functools.cache
def committed() -> tuple[str, ...]:
    """The paths that git knows; in a checkout without git those that are there."""
    listed = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode == 0 and listed.stdout:
        return tuple(listed.stdout.splitlines())
    return tuple(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*") if path.is_file())
