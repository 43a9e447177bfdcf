"""docs/requirements.md stays true: every ID once, every path and test it names is there, every ID in the code is one."""

from __future__ import annotations

import ast
import functools
import re
from dataclasses import dataclass

import pytest

from tests.source_tree import PRODUCT, ROOT, sources

PAGE = ROOT / "docs" / "requirements.md"

#: Group -> its highest number; IDs are never reused.
GROUPS = {"I": 9, "V": 8, "C": 7, "A": 10, "F": 10, "S": 7, "X": 11, "B": 2, "D": 3, "K": 9, "G": 9}
EVERY_ID = [f"{group}-{number}" for group, highest in GROUPS.items() for number in range(1, highest + 1)]

NOT_YET = "not yet"
NOTHING = "–"

_ID = re.compile(r"\b[IVCAFSXBDKG]-\d{1,2}\b")
_SPAN = re.compile(r"\b([IVCAFSXBDKG])-(\d{1,2})\.\.(?:\1-)?(\d{1,2})\b")
_QUOTED = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Row:
    """One requirement as the page tells it; `missing` is what is not built of it, or a dash."""

    id: str
    rule: str
    built: str
    tested: str
    missing: str

    @property
    def paths(self) -> list[str]:
        return _QUOTED.findall(self.built)

    @property
    def tests(self) -> list[str]:
        return _QUOTED.findall(self.tested)


@functools.cache
def rows() -> tuple[Row, ...]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if re.match(r"\| [A-Z]-\d", line)]
    return tuple(Row(*row) for row in cells)


@functools.cache
def functions_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_every_requirement_stands_on_the_page_once_and_in_order():
    assert [row.id for row in rows()] == EVERY_ID


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.id)
def test_a_row_is_built_and_tested_or_says_not_yet(row):
    assert row.rule
    if row.built == NOT_YET:
        assert (row.tested, row.missing) == (NOT_YET, NOTHING)
    else:
        assert row.paths
        assert row.tests or "a test" in row.missing
        assert row.missing


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.id)
def test_every_path_and_test_that_a_row_names_is_there(row):
    gone = [path for path in row.paths if not (ROOT / path).exists()]
    for named in row.tests:
        path, _, name = named.partition("::")
        if not (ROOT / path).is_file() or name not in functions_in(path):
            gone.append(named)
    assert gone == []


def test_a_requirement_is_built_in_the_product_and_tested_in_the_tests():
    places = ("oms/", "connectors/", "workers/", "migrations/", "docs/")
    assert [(row.id, path) for row in rows() for path in row.paths if not path.startswith(places)] == []
    assert [(row.id, test) for row in rows() for test in row.tests if not test.startswith("tests/")] == []


@pytest.mark.parametrize("top", PRODUCT)
def test_every_requirement_that_a_docstring_cites_exists(top):
    found = {f"{source.path}: {cited}" for source in sources(top) for cited in _cited(source.tree)}
    assert {line for line in found if line.rpartition(" ")[2] not in EVERY_ID} == set()


@pytest.mark.parametrize("top", PRODUCT)
def test_no_requirement_that_a_docstring_cites_is_not_yet(top):
    not_yet = {row.id for row in rows() if row.built == NOT_YET}
    cited = {f"{source.path}: {one}" for source in sources(top) for one in _cited(source.tree)}
    assert {line for line in cited if line.rpartition(" ")[2] in not_yet} == set()


def _cited(tree: ast.Module) -> set[str]:
    """The IDs in a file's docstrings; `C-4..C-6` and `C-4..6` are all between."""
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef)
    text = "\n".join(ast.get_docstring(node) or "" for node in ast.walk(tree) if isinstance(node, holders))
    spans = {
        f"{group}-{number}" for group, first, last in _SPAN.findall(text) for number in range(int(first), int(last) + 1)
    }
    return spans | set(_ID.findall(text))


def test_the_page_counts_its_own_rows():
    states = {"built": 0, "partly": 0, NOT_YET: 0}
    for row in rows():
        state = NOT_YET if row.built == NOT_YET else "built" if row.missing == NOTHING else "partly"
        states[state] += 1
    said = re.search(r"(\d+) built, (\d+) partly, (\d+) not yet", PAGE.read_text(encoding="utf-8"))
    assert said, "the page says `N built, N partly, N not yet`"
    assert [int(number) for number in said.groups()] == list(states.values())
