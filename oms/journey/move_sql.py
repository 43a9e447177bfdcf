"""A status move with its history entry as parts of a WITH (G-2): `lifecycle.advance` is these parts and nothing else.

A statement that writes more in one go, such as a scan, carries them beside its other parts.
"""

from __future__ import annotations

from collections.abc import Mapping

from oms.db import Base
from oms.journey.states import Machine

# Materialized, so that rows are found by their ids, never by the many that are in an allowed state.
PARTS = """
    {name}_cur AS MATERIALIZED (SELECT w.*, t.{axis} AS was{read} FROM {table} t JOIN {source} w ON w.id = t.id ORDER BY t.id{lock}),
    {name} AS (UPDATE {table} t SET {axis} = {to}{stamp} FROM {name}_cur cur
              WHERE t.id = cur.id AND t.{axis} = cur.was AND cur.was = ANY({allowed})
              RETURNING t.id, cur.was, cur.entry_id{data}, {order_column} AS order_id{whole}),
    {name}_told AS (INSERT INTO history_entry (id, order_id, subject_type, subject_id, at, actor, event, cause, was, became, data)
             {told})
"""
_TOLD = """SELECT entry_id, order_id, '{subject}', id, :now, :actor, '{axis}.{to}', {cause}, was, '{to}', CAST('{{}}' AS jsonb)
             FROM {name}"""


def order_column(model: type[Base]) -> str:
    """Whose history an entry of the row `t` stands in; an order's own history names the order itself."""
    itself = "t.id" if model.__tablename__ == "orders" else "NULL::uuid"
    return "t.order_id" if "order_id" in model.__table__.columns else itself


def subject_type(model: type[Base]) -> str:
    table: str = model.__tablename__
    return table.removesuffix("s") if table == "orders" else table


def parts(
    model: type[Base],
    name: str,
    *,
    to: str,
    source: str,
    cause: str,
    axis: str = "status",
    also: Mapping[str, str] | None = None,
) -> str:
    """The move to `to` of the rows in `source`, a relation with (id, entry_id) and what `also` reads of it as `cur`.

    `name` is what moved (id, was, order_id); rows that may not move stay. `cause` is an SQL expression; the statement
    has the parameters `actor` and `now`. Rows of no order are locked; those of an order are, by the order's own row.
    """
    machine: Machine = model.MACHINES[axis]  # type: ignore[attr-defined]
    order = order_column(model)
    allowed = ", ".join(f"'{state}'" for state in machine.sources(to))
    return PARTS.format(
        name=name, table=model.__tablename__, axis=axis, source=source, to=f"'{to}'", allowed=f"ARRAY[{allowed}]",
        stamp="".join(f", {column} = {value}" for column, value in (also or {}).items()),
        lock=" FOR UPDATE OF t" if order == "NULL::uuid" else "", order_column=order, data="", whole="", read="",
        told=_TOLD.format(name=name, axis=axis, to=to, cause=cause, subject=subject_type(model)),
    )  # fmt: skip
