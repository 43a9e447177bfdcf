"""SQL text goes to the driver itself; names, counts, faults and listeners are as SQLAlchemy's own."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, ProgrammingError

from oms import db
from oms.plain_session import PlainResult
from tests.conftest import CleanDatabase

THINGS = text("SELECT n AS number, n * 2 AS twice FROM generate_series(1, :most) AS n ORDER BY n")


def test_rows_have_the_names_of_their_columns(clean_database: CleanDatabase) -> None:
    with clean_database.database.transaction() as session:
        for most in (2, 3):
            result = session.execute(THINGS, {"most": most})
            assert isinstance(result, PlainResult)
            assert [(row.number, row.twice) for row in result] == [(n, 2 * n) for n in range(1, most + 1)]
        assert session.execute(THINGS, {"most": 2}).mappings().all()[1] == {"number": 2, "twice": 4}
        assert session.execute(THINGS, {"most": 2}).scalars().all() == [1, 2]
        assert session.execute(THINGS, {"most": 0}).first() is None
        assert session.execute(THINGS, {"most": 1}).one()._asdict() == {"number": 1, "twice": 2}


def test_a_write_tells_how_many_rows_it_found(clean_database: CleanDatabase) -> None:
    with clean_database.database.transaction() as session:
        db.now(session)
        written: Any = session.execute(text("INSERT INTO business_clock (id, offset_s) VALUES (1, 0)"))
        assert (written.rowcount, written.all()) == (1, [])
        missed: Any = session.execute(text("UPDATE business_clock SET offset_s = 5 WHERE id = 2"))
        assert missed.rowcount == 0


def test_the_same_words_over_other_columns_are_named_anew(clean_database: CleanDatabase) -> None:
    asked = text("SELECT * FROM shape")
    for columns in ("1 AS a", "1 AS a, 2 AS b"):
        with clean_database.database.transaction() as session:
            session.execute(text(f"CREATE TEMPORARY TABLE shape ON COMMIT DROP AS SELECT {columns}"))
            assert session.execute(asked).one()._asdict().keys() == {c.split()[-1] for c in columns.split(", ")}


def test_faults_are_told_as_sqlalchemys_and_the_next_transaction_goes_on(clean_database: CleanDatabase) -> None:
    twice = text("INSERT INTO business_clock (id, offset_s) VALUES (1, 0), (1, 0)")
    for words, fault in ((text("SELECT nothing_like_it"), ProgrammingError), (twice, IntegrityError)):
        with pytest.raises(fault) as told, clean_database.database.transaction() as session:
            session.execute(words)
        assert isinstance(told.value, DBAPIError)
        assert told.value.orig.sqlstate in ("42703", "23505")  # type: ignore[union-attr]
    with clean_database.database.transaction() as session:
        assert session.execute(THINGS, {"most": 1}).scalar_one() == 1


def test_values_that_cannot_travel_leave_the_line_as_it_was(clean_database: CleanDatabase) -> None:
    said = text("SELECT CAST(:said AS text)")
    with clean_database.database.transaction() as session:
        with pytest.raises(UnicodeEncodeError):
            session.execute(said, {"said": "\ud800"})
        with pytest.raises(ProgrammingError):
            session.execute(said, {})
        assert session.execute(said, {"said": "well"}).scalar_one() == "well"


def test_a_line_that_is_cut_is_given_up(clean_database: CleanDatabase) -> None:
    with pytest.raises(OperationalError) as told, clean_database.database.transaction() as session:
        session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    assert told.value.connection_invalidated
    with clean_database.database.transaction() as session:
        assert session.execute(THINGS, {"most": 1}).scalar_one() == 1


def test_an_answer_that_was_read_is_not_kept(clean_database: CleanDatabase) -> None:
    with clean_database.database.transaction() as session:
        session.execute(text("SELECT repeat('x', 1000000)")).scalar_one()
        driver = session.connection().connection.dbapi_connection
        assert driver.plain_cursor().pgresult is None  # type: ignore[union-attr]


def test_listeners_hear_it_and_may_say_something_else(clean_database: CleanDatabase) -> None:
    heard: list[str] = []

    def before(_connection, _cursor, statement, values, context, many):
        context.kept = "a word"
        return statement.replace("most", "least") if "never" in statement else statement, values

    def after(_connection, _cursor, statement, _values, context, many):
        heard.append(f"{context.kept}: {statement[:14]}")

    event.listen(clean_database.engine, "before_cursor_execute", before, retval=True)
    event.listen(clean_database.engine, "after_cursor_execute", after)
    try:
        with clean_database.database.transaction() as session:
            session.execute(THINGS, {"most": 1})
    finally:
        event.remove(clean_database.engine, "before_cursor_execute", before)
        event.remove(clean_database.engine, "after_cursor_execute", after)
    assert heard == ["a word: SELECT n AS nu"]
