"""Small files, small functions, small decisions; who is larger stands here by name with a reason."""

from __future__ import annotations

import statistics
import tomllib

from tests.source_tree import EVERYTHING, PRODUCT, ROOT, sources

FILE_LINES = 300
FUNCTION_LINES = 40
MEDIAN_FUNCTION_LINES = 10
COMPLEXITY = 8

#: path -> why it may be longer than FILE_LINES.
LONG_FILES: dict[str, str] = {
    "migrations/versions/0001_the_house.py": "every table of the first release; never edited again",
}

#: path:function -> why it may be longer than FUNCTION_LINES.
LONG_FUNCTIONS: dict[str, str] = {
    "migrations/versions/0001_the_house.py:upgrade": "one table after the other, as the comparison with the models writes it",
}

#: path -> why a function in it may switch the complexity rule off.
COMPLEX_FILES: dict[str, str] = {}


def test_files_are_short_or_named_with_a_reason():
    long = {source.path: source.lines for source in sources(*EVERYTHING) if source.lines > FILE_LINES}
    assert {path: lines for path, lines in long.items() if path not in LONG_FILES} == {}
    assert set(LONG_FILES) - set(long) == set(), "these exceptions are no longer needed"


def test_functions_are_short_or_named_with_a_reason():
    long = {
        f"{source.path}:{name}": lines
        for source in sources(*EVERYTHING)
        for name, lines in source.functions()
        if lines > FUNCTION_LINES
    }
    assert {name: lines for name, lines in long.items() if name not in LONG_FUNCTIONS} == {}
    assert set(LONG_FUNCTIONS) - set(long) == set(), "these exceptions are no longer needed"


def test_half_of_the_functions_are_very_short():
    lengths = [lines for source in sources(*PRODUCT) for _, lines in source.functions()]
    assert statistics.median(lengths) < MEDIAN_FUNCTION_LINES


def test_the_linter_refuses_complex_functions_and_nobody_switches_that_off():
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    assert rules["mccabe"]["max-complexity"] == COMPLEXITY
    assert "C90" in rules["select"]
    assert not any("C90" in code for codes in rules["per-file-ignores"].values() for code in codes)
    switched_off = {source.path for source in sources(*EVERYTHING) if "noqa: " + "C901" in source.text}
    assert switched_off == set(COMPLEX_FILES)


def test_nobody_switches_a_whole_file_off():
    marks = ("ruff: " + "noqa", "mypy: " + "ignore-errors", "type: " + "ignore\n", "noqa" + "\n")
    assert [source.path for source in sources(*EVERYTHING) if any(mark in source.text for mark in marks)] == []
