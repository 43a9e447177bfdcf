"""Insert lists of rows as one statement over arrays: a quarter of the cost of one placeholder for each value.

Values go through the column types (encryption too), so a row is what an ORM insert would write.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, Column, ColumnElement, Table, any_, literal
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import InstrumentedAttribute, Session

from oms import compact_json, together
from oms.db import Base
from oms.together import Write

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class _Insert:
    sql: str
    #: (parameter, column, how a value is bound) of the columns that the rows name: an array each
    columns: tuple[tuple[str, str, Callable[[Any], Any] | None], ...]
    #: parameter -> the value that every row gets in a column with a default
    constants: dict[str, Any]


def among(column: InstrumentedAttribute[Any], values: Collection[Any]) -> ColumnElement[bool]:
    """`column IN values` with one array for all values: the same statement for any number of them."""
    return column == any_(literal(list(values), ARRAY(column.type)))


def insert_rows(
    session: Session,
    model: type[Base],
    rows: Sequence[Mapping[str, Any]],
    *,
    unless: tuple[str, ...] | None = None,
    returning: str | None = None,
) -> list[Any]:
    """Insert `rows` (all with the same keys; others get their column's default); return `returning` of the new ones.

    `unless` names the unique columns whose conflict skips a row; `()` skips on any conflict.
    """
    if not rows:
        return []
    result = together.execute(session, [inserting(model, rows, unless=unless, returning=returning)])
    return list(result.scalars()) if returning else []


def inserting(
    model: type[Base],
    rows: Sequence[Mapping[str, Any]],
    *,
    unless: tuple[str, ...] | None = None,
    returning: str | None = None,
) -> Write:
    """`insert_rows` (of at least one row) as a write that goes together with those of other tables."""
    made = _insert(model, tuple(sorted(rows[0])), unless, returning)
    return Write(made.sql, _params(made, rows))


def insert_part(model: type[Base], columns: Collection[str]) -> str:
    """What `insert_rows` sends for rows that name these columns, as a part of a statement that is written beforehand."""
    return _insert(model, tuple(sorted(columns)), None, None).sql


def part_params(model: type[Base], columns: Collection[str], rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The parameters of `insert_part` for these rows, or for none."""
    return _params(_insert(model, tuple(sorted(columns)), None, None), rows)


def _params(made: _Insert, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    arrays = {parameter: _array(rows, name, process) for parameter, name, process in made.columns}
    return arrays | made.constants


def _array(rows: Sequence[Mapping[str, Any]], name: str, process: Callable[[Any], Any] | None) -> list[Any] | None:
    """The column's values; None when no row has one: `unnest` fills the shorter array up with NULL."""
    values = [row[name] for row in rows]
    if not values or (values[0] is None and all(value is None for value in values)):
        return None
    return values if process is None else [None if value is None else process(value) for value in values]


@cache
def _insert(
    model: type[Base], given: tuple[str, ...], unless: tuple[str, ...] | None, returning: str | None
) -> _Insert:
    table = model.__table__
    assert isinstance(table, Table)
    told = [c for c in table.columns if c.name in given]
    alike = [c for c in table.columns if c.name not in given and _default(c) is not None]
    own = table.name
    casts = ", ".join(f"CAST(:{own}_c{n} AS {_array_type(c)}[])" for n, c in enumerate(told))
    read = [f'CAST(x."{c.name}" AS JSONB)' if _is_json(c) else f'x."{c.name}"' for c in told]
    read += [f"CAST(:{own}_d{n} AS {c.type.compile(_DIALECT)})" for n, c in enumerate(alike)]
    sql = f"INSERT INTO {table.name} ({_names(told + alike)}) SELECT {', '.join(read)}"
    sql += f" FROM unnest({casts}) AS x({_names(told)})"
    if unless is not None:
        target = f" ({', '.join(unless)})" if unless else ""
        sql += f" ON CONFLICT{target} DO NOTHING"
    if returning:
        sql += f" RETURNING {returning}"
    columns = tuple((f"{own}_c{n}", c.name, _process(c)) for n, c in enumerate(told))
    return _Insert(sql, columns, {f"{own}_d{n}": _bound_default(c) for n, c in enumerate(alike)})


def _names(columns: Sequence[ColumnElement[Any]]) -> str:
    return ", ".join(f'"{c.name}"' for c in columns)


def _bound_default(column: ColumnElement[Any]) -> Any:
    value, process = _default(column), _process(column)
    return value if process is None else process(value)


def _default(column: ColumnElement[Any] | Column[Any]) -> Any:
    """A column's constant default; None where it has none or a computed one (ids are given)."""
    default = getattr(column, "default", None)
    return default.arg if default is not None and default.is_scalar else _empty(default)


def _empty(default: Any) -> Any:
    """`default=list` and `default=dict` make a new empty value for each row; equal ones serve here."""
    if default is None or not default.is_callable:
        return None
    name = getattr(default.arg, "__name__", "")
    return {"list": [], "dict": {}}.get(name)


def _is_json(column: ColumnElement[Any]) -> bool:
    return isinstance(column.type, JSONB)


def _array_type(column: ColumnElement[Any]) -> str:
    return "TEXT" if _is_json(column) else column.type.compile(_DIALECT)


def _process(column: ColumnElement[Any]) -> Callable[[Any], Any] | None:
    if _is_json(column):
        return compact_json.text
    process: Callable[[Any], Any] | None = column.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)
    return process
