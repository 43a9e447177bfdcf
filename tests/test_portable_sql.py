"""SQL stays portable to engines that speak PostgreSQL but spread over machines; exceptions stand here with a reason.

Why each is refused, and what the product would need there: docs/scaling.md.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import Column, Integer, MetaData, Table

from oms.db import Base
from oms.journey import step_sql
from tests.servers import import_models
from tests.source_tree import ROOT, Source, sources

#: connectors speak to no database.
PLACES = ("oms", "workers", "migrations")

#: What is found in the text of a statement.
IN_STATEMENTS = {
    "advisory lock": r"\bpg_(try_)?advisory",
    "LISTEN/NOTIFY": r"^\s*(LISTEN|NOTIFY|UNLISTEN)\s+\w|\bpg_notify\b",
    "LOCK TABLE": r"\bLOCK\s+TABLE\b",
    "deferrable constraint": r"\b(INITIALLY\s+DEFERRED|DEFERRABLE|SET\s+CONSTRAINTS)\b",
    "exclusion constraint": r"\bEXCLUDE\s+(USING|\()",
    "savepoint": r"^\s*(SAVEPOINT|ROLLBACK\s+TO)\b",
    "pgcrypto": r"\bpgcrypto\b|\bpgp_(sym|pub)_|\bgen_salt\(",
    "extension": r"\bCREATE\s+EXTENSION\b",
    "ICU collation": r"-x-icu\b|\bICU_LOCALE\b|provider\s*=\s*icu",
    "sequence": r"\b(BIG|SMALL)?SERIAL\b|\b(nextval|setval|currval)\s*\(|\bCREATE\s+SEQUENCE\b|\bAS\s+IDENTITY\b",
    "trigger": r"\bCREATE\s+(OR\s+REPLACE\s+)?(CONSTRAINT\s+)?TRIGGER\b",
    "inheritance": r"\bINHERITS\s*\(",
    "temporary or unlogged table": r"\b(CREATE|INTO)\s+(TEMP|TEMPORARY|UNLOGGED)\b",
    "SKIP LOCKED": r"\bSKIP\s+LOCKED\b",
    "physical row": r"\b(ctid|xmin|xmax)\b",
    "PostgreSQL 18 function": r"\buuidv7\(\)",
    "PostgreSQL 18 RETURNING": r"\bRETURNING\s+(WITH\s*\(|old\.|new\.)",
    "PostgreSQL 18 column": r"\)\s+VIRTUAL\b",
}
#: What is found by the name of a call, or by a keyword that is given.
IN_CALLS = {
    "begin_nested": "savepoint",
    "savepoint": "savepoint",
    "ExcludeConstraint": "exclusion constraint",
    "CreateSequence": "sequence",
    "BIGSERIAL": "sequence",
    "pg_notify": "LISTEN/NOTIFY",
    "pg_advisory_lock": "advisory lock",
    "pg_advisory_xact_lock": "advisory lock",
    "pg_try_advisory_lock": "advisory lock",
    "pg_try_advisory_xact_lock": "advisory lock",
    "nextval": "sequence",
}
IN_KEYWORDS = {
    "deferrable": "deferrable constraint",
    "initially": "deferrable constraint",
    "skip_locked": "SKIP LOCKED",
}

#: (path, what) -> why it may stand there.
ALLOWED = {
    ("migrations/versions/0001_the_house.py", "trigger"): "append-only tables: a second net behind code and grants "
    "(docs/decisions/0019); no result depends on it",
    (
        "oms/journey/step_sql.py",
        "SKIP LOCKED",
    ): "the one claim, which looks for lost steps and for open ones; replaced here for an engine without it",
    (
        "oms/journey/reminders.py",
        "SKIP LOCKED",
    ): "two sweeps share the reminders that are due; without it the second waits for "
    "the first and finds none, so the words may simply be dropped",
    (
        "oms/cli/examinations.py",
        "savepoint",
    ): "`oms doctor` alone asks for a table that may not exist yet; nothing is written",
    (
        "workers/replies.py",
        "savepoint",
    ): "a reply that contradicts is undone and the mails beside it stand; an engine without "
    "savepoints takes one mail a transaction there",
}


@dataclass(frozen=True, slots=True, order=True)
class Found:
    path: str
    line: int
    what: str


def faults(source: Source) -> Iterator[Found]:
    """Everything in one file that is not portable, allowed or not."""
    for line, string in source.strings():
        for what, pattern in IN_STATEMENTS.items():
            if re.search(pattern, string, re.IGNORECASE | re.MULTILINE):
                yield Found(source.path, line, what)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            yield from _in_call(source.path, node)


def _in_call(path: str, node: ast.Call) -> Iterator[Found]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in IN_CALLS:
        yield Found(path, node.lineno, IN_CALLS[name])
    for keyword in node.keywords:
        switched_off = isinstance(keyword.value, ast.Constant) and keyword.value.value in (False, None)
        if keyword.arg in IN_KEYWORDS and not switched_off:
            yield Found(path, node.lineno, IN_KEYWORDS[keyword.arg])


def counted_by_the_engine(metadata: MetaData) -> list[str]:
    """Columns whose numbers the engine draws: a SERIAL, an identity or a sequence."""
    return [
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if column is table._autoincrement_column
        or column.identity is not None
        or (column.default and column.default.is_sequence)
    ]


def test_statements_stay_portable():
    found = {fault for source in sources(*PLACES) for fault in faults(source)}
    assert sorted(fault for fault in found if (fault.path, fault.what) not in ALLOWED) == []


def test_every_exception_is_still_needed():
    found = {(fault.path, fault.what) for source in sources(*PLACES) for fault in faults(source)}
    assert set(ALLOWED) - found == set()


def test_there_is_one_claiming_statement_and_one_function_uses_it():
    claims = [
        fault for source in sources(*PLACES) for fault in faults(source) if fault.path == "oms/journey/step_sql.py"
    ]
    assert [fault.what for fault in claims] == ["SKIP LOCKED"]
    assert step_sql.CLAIM.count("SKIP LOCKED") == 3
    users = [
        source.path
        for source in sources("oms", "workers")
        if re.search(r"\bCLAIM\b|\bstep_sql\.claim\(", source.text) and "step_sql" in source.text + source.path
    ]
    assert sorted(users) == ["oms/journey/step_sql.py", "oms/journey/steps.py"]


def test_there_is_no_statement_outside_the_python_files():
    assert [path for place in PLACES for path in (ROOT / place).rglob("*.sql")] == []


def test_no_number_is_drawn_by_the_engine():
    import_models()
    assert counted_by_the_engine(Base.metadata) == []


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("text('SELECT pg_advisory_xact_lock(1)')", "advisory lock"),
        ("func.pg_try_advisory_lock(1)", "advisory lock"),
        ("cursor.execute('LISTEN steps')", "LISTEN/NOTIFY"),
        ("text('SELECT 1;\\n  NOTIFY steps')", "LISTEN/NOTIFY"),
        ("text('lock table orders in share mode')", "LOCK TABLE"),
        ("text('ALTER TABLE a ADD UNIQUE (b) DEFERRABLE INITIALLY DEFERRED')", "deferrable constraint"),
        ("ForeignKey('a.id', deferrable=True)", "deferrable constraint"),
        ("ForeignKey('a.id', initially='DEFERRED')", "deferrable constraint"),
        ("text('ALTER TABLE a ADD EXCLUDE USING gist (b WITH &&)')", "exclusion constraint"),
        ("ExcludeConstraint(('room', '='))", "exclusion constraint"),
        ("session.begin_nested()", "savepoint"),
        ("text('SAVEPOINT one')", "savepoint"),
        ("f'ROLLBACK TO {name}'", "savepoint"),
        ("text('CREATE EXTENSION pgcrypto')", "pgcrypto"),
        ("text('CREATE EXTENSION citext')", "extension"),
        ("Text(collation='zh-x-icu')", "ICU collation"),
        ("text('CREATE TABLE a (id BIGSERIAL)')", "sequence"),
        ("text('id bigint GENERATED BY DEFAULT AS IDENTITY')", "sequence"),
        ("text(\"SELECT nextval('a_seq')\")", "sequence"),
        ("func.nextval('a_seq')", "sequence"),
        ("op.execute(f'CREATE TRIGGER {name} BEFORE UPDATE')", "trigger"),
        ("text('CREATE TABLE a () INHERITS (b)')", "inheritance"),
        ("text('CREATE TEMP TABLE a ()')", "temporary or unlogged table"),
        ("text('SELECT id FROM step FOR UPDATE SKIP LOCKED')", "SKIP LOCKED"),
        ("select(Step).with_for_update(skip_locked=True)", "SKIP LOCKED"),
        ("text('DELETE FROM a WHERE ctid = :row')", "physical row"),
        ("text('SELECT uuidv7()')", "PostgreSQL 18 function"),
        ("text('UPDATE a SET b = 1 RETURNING old.b')", "PostgreSQL 18 RETURNING"),
        ("text('c int GENERATED ALWAYS AS (a + b) VIRTUAL')", "PostgreSQL 18 column"),
    ],
)
def test_each_is_caught(code, what):
    assert what in {fault.what for fault in faults(Source("oms/new.py", code, ast.parse(code)))}


@pytest.mark.parametrize(
    "code",
    [
        "def one():\n    '''No SAVEPOINT, no LISTEN: SKIP LOCKED stands in the claim.'''",
        "text('SELECT id FROM orders WHERE id = 1 FOR UPDATE')",
        "select(Step).with_for_update(skip_locked=False)",
        "ForeignKey('a.id', deferrable=None)",
        "words('Please listen to the customer; the list excludes cancelled orders.')",
    ],
)
def test_what_is_portable_passes(code):
    assert list(faults(Source("oms/new.py", code, ast.parse(code)))) == []


@pytest.mark.parametrize("given", [{}, {"autoincrement": True}])
def test_a_number_drawn_by_the_engine_is_caught(given):
    metadata = MetaData()
    Table("receipt", metadata, Column("id", Integer, primary_key=True, **given))
    Table("gate", metadata, Column("id", Integer, primary_key=True, autoincrement=False))
    assert counted_by_the_engine(metadata) == ["receipt.id"]
