"""The papers stay true: what can be typed is described, what is described is there, and nothing tells of one machine."""

from __future__ import annotations

import functools
import importlib.util
import re
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote

import pytest

from oms import settings
from oms.accounts.rights import ROLES
from oms.cli import COMMANDS
from oms.demo.goods import PEOPLE
from oms.journey import flow
from oms.journey.policy_defaults import POLICY
from oms.kpi.definitions import KPIS
from tests.source_tree import PRODUCT, ROOT, committed, sources
from tests.torture.__main__ import LEVELS
from workers.schedule import JOBS

OPERATING = ROOT / "docs" / "operating.md"
DECISIONS = ROOT / "docs" / "decisions"
TRANSLATED = ("for-customer-service.md", "for-the-warehouse.md", "for-managers.md")

_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_CODE_BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_POLICY_KEY = re.compile(r"`([a-z_]+(?:\.[a-z_]+)+)`")
_OUR_FILE = re.compile(r"`((?:oms|connectors|workers|migrations|tests|bench|docs|requirements|\.ci)/[^`\s]*)`")

#: What would tell of one machine or one house: absolute paths of checkouts and homes, hosts of package registries.
_OF_ONE_MACHINE = re.compile(
    r"(?<![\w.}])/(?:work|root|home/\w+|Users/\w+)/(?=[\w.])|/tmp/(?:bash|RULES|WAVE)"
    r"|\b(?:pypi\.org|pythonhosted\.org|pypi\.python\.org)|[\w.-]*(?:artifactory|nexus|devpi)[\w.-]*\.\w+"
)
#: Files whose text is not ours, or which name such things to find them.
_NOT_READ = {"LICENSE", "tests/test_docs.py"}


@functools.cache
def page(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def papers() -> list[Path]:
    """Every page that git knows, and those that are about to be known."""
    known = {ROOT / path for path in committed() if path.endswith(".md")}
    return sorted(path for path in known | {*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")} if path.exists())


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# ------------------------------------------------------------------ what can be typed is described


def test_every_setting_stands_in_its_table_with_its_default():
    rows = dict(re.findall(r"^\| `(OMS_\w+)` \| (.*?) \|", page(OPERATING), re.MULTILINE))
    wanted = {row.name: _default(row) for row in settings.TABLE}
    assert rows == wanted


def _default(row: settings.Setting) -> str:
    if row.default is None:
        return "required"
    return f"`{row.default}`" if row.default else "empty"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_described(command):
    assert re.search(rf"^\| `oms {command}\b", page(OPERATING), re.MULTILINE)


def test_no_command_is_described_that_is_not_there():
    said = {name for path in papers() for name in re.findall(r"`(?:\.venv/bin/)?oms ([a-z-]+)", page(path))}
    assert said - set(COMMANDS) == set()


def test_every_word_of_dev_py_that_a_page_shows_is_one():
    known = set(_dev().COMMANDS)
    said = {(named(path), word) for path in papers() for word in re.findall(r"python3 dev\.py (\w+)", page(path))}
    assert {(path, word) for path, word in said if word not in known} == set()
    assert {word for path, word in said if path == "README.md"} >= {"demo", "test"}


def _dev() -> ModuleType:
    spec = importlib.util.spec_from_file_location("dev", ROOT / "dev.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_level_of_torture_is_described():
    told = page(ROOT / "docs" / "reliability.md")
    assert [name for name in LEVELS if not re.search(rf"^\| `{name}` ", told, re.MULTILINE)] == []


def test_every_queue_and_periodic_job_is_described():
    wanted = {*flow.QUEUES, *(job.kind for job in JOBS)}
    assert {name for name in wanted if f"`{name}`" not in page(OPERATING)} == set()


def test_every_kpi_is_explained_in_both_languages():
    english, chinese = page(ROOT / "docs" / "for-managers.md"), page(ROOT / "docs" / "zh" / "for-managers.md")
    assert [kpi.en for kpi in KPIS.values() if f"| {kpi.en} |" not in english] == []
    assert [kpi.zh for kpi in KPIS.values() if f"| {kpi.zh} |" not in chinese] == []


# ------------------------------------------------------------------ what is described is there


@pytest.mark.parametrize("path", papers(), ids=named)
def test_every_link_leads_somewhere(path):
    gone = [link for link in _LINK.findall(_CODE_BLOCK.sub("", page(path))) if not _leads(path, link)]
    assert gone == []


def _leads(path: Path, link: str) -> bool:
    target, _, anchor = link.partition("#")
    if re.match(r"[a-z]+:", target):
        return target.startswith("https://")
    found = (path.parent / unquote(target)).resolve() if target else path
    return found.exists() and (not anchor or anchor in _anchors(found))


def _anchors(path: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", page(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


@pytest.mark.parametrize("path", papers(), ids=named)
def test_every_file_of_ours_that_a_page_names_is_there(path):
    files = {name.partition("::")[0] for name in _OUR_FILE.findall(page(path))}
    assert {name for name in files if not re.search(r"[*<…]", name) and not (ROOT / name).exists()} == set()


@pytest.mark.parametrize("path", papers(), ids=named)
def test_every_business_number_that_a_page_names_is_one(path):
    groups = {key.partition(".")[0] for key in POLICY}
    said = {key for key in _POLICY_KEY.findall(page(path)) if key.partition(".")[0] in groups and not _is_file(key)}
    assert said - set(POLICY) - set(ROLES) == set()


def _is_file(key: str) -> bool:
    return key.endswith((".py", ".md", ".json", ".csv", ".txt", ".person", ".read", ".work"))


def test_the_business_numbers_that_nothing_reads_are_named():
    texts = [source.text for source in sources(*PRODUCT) if source.path != "oms/journey/policy_defaults.py"]
    unread = {key for key in POLICY if not key.startswith("clock.") and not any(f'"{key}"' in text for text in texts)}
    said = re.search(
        r"^These have a row and nothing reads them yet: (.*?)\.$", page(OPERATING), re.MULTILINE | re.DOTALL
    )
    named_ones = set(_POLICY_KEY.findall(said.group(1))) if said else set()
    assert named_ones == {key for key in unread if not key.startswith("kpi.")}


def test_the_logins_that_the_readme_names_are_the_demos():
    said = re.findall(r"`(\w+)`(?:, | or |\)|;)", page(ROOT / "README.md"))
    assert set(said) & {person.login for person in PEOPLE} >= {"chen", "susan", "liu", "sun", "zhao"}
    assert {word for word in said if word.islower()} <= {person.login for person in PEOPLE} | set(_dev().COMMANDS)


# ------------------------------------------------------------------ form


@pytest.mark.parametrize("name", TRANSLATED)
def test_a_page_for_a_group_has_the_same_parts_in_chinese(name):
    english, chinese = page(ROOT / "docs" / name), page(ROOT / "docs" / "zh" / name)
    assert re.findall(r"^(#+) ", chinese, re.MULTILINE) == re.findall(r"^(#+) ", english, re.MULTILINE)
    assert chinese.count("\n| ") == english.count("\n| ")
    assert f"(zh/{name})" in english
    assert f"(../{name})" in chinese


def test_decisions_are_numbered_listed_and_have_context_choice_and_price():
    files = sorted(path for path in DECISIONS.glob("*.md") if path.name != "README.md")
    assert [path.name[:5] for path in files] == [f"{number:04d}-" for number in range(1, len(files) + 1)]
    listed = page(DECISIONS / "README.md")
    for path in files:
        assert [part for part in ("Context", "Choice", "Price") if f"**{part}.**" not in page(path)] == []
        assert f"[{path.name[:4]} {page(path).splitlines()[0][2:]}]({path.name})" in listed


# ------------------------------------------------------------------ nothing of one machine


def test_no_committed_file_names_a_machine_or_a_registry():
    found = [
        f"{path}:{line}: {match.group()}"
        for path in committed()
        if path not in _NOT_READ and (ROOT / path).is_file()
        for line, text in enumerate(_text(ROOT / path), 1)
        for match in _OF_ONE_MACHINE.finditer(text)
    ]
    assert found == []


def _text(path: Path) -> list[str]:
    """The lines of a file; none of one that is no text."""
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return []


# Put together here, so that this file itself names neither a machine's path nor a registry's host.
@pytest.mark.parametrize(
    ("head", "tail"),
    [("see /wo", "rk/main/x"), ('cd "/ro', 'ot/a"'), ("/ho", "me/ann/oms"), ("https://py", "pi.org/simple")],
)
def test_a_path_of_one_machine_is_seen(head, tail):
    assert _OF_ONE_MACHINE.search(head + tail)


@pytest.mark.parametrize(
    ("head", "tail"),
    [
        ("POST /orders/ro", "ot/1"),
        ("docs/wo", "rk/now.md"),
        ("the wo", "rk/rest"),
        ("/wo", "rkers/x"),
        ("/tmp/oms", "-demo"),
    ],
)
def test_an_address_of_ours_is_not_taken_for_one(head, tail):
    assert not _OF_ONE_MACHINE.search(head + tail)
