"""Which tables an order leaves rows in, and how a row becomes that of a copy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

Connection = psycopg.Connection[tuple[Any, ...]]

_BY_ORDER = "t.order_id"
_BY_PARCEL = "(SELECT p.order_id FROM parcel p WHERE p.id = t.parcel_id)"
_BY_FULFILMENT = "(SELECT f.order_id FROM fulfilment f WHERE f.id = t.fulfilment_id)"
_BY_MESSAGE = "(SELECT i.order_id FROM inbound_order i WHERE i.message_id = t.{} AND i.position = 0)"
_BY_TICKET = "(SELECT k.order_id FROM ticket k WHERE k.id = t.ticket_id)"
_BY_RETURN = "(SELECT r.order_id FROM return_request r WHERE r.id = t.return_id)"
_BY_SUBJECT = f"coalesce(t.order_id, {_BY_MESSAGE.format('subject_id')})"
_NO_ORDER = "NULL::uuid"
#: Papers that many orders share: those of the orders to copy.
_SHARED = {
    "wave": "SELECT f.wave_id FROM fulfilment f JOIN growth_order o ON o.id = f.order_id",
    "hand_over_list": "SELECT p.hand_over_list_id FROM parcel p JOIN growth_order o ON o.id = p.order_id",
}

#: table -> the order that its row `t` belongs to
CORE: dict[str, str] = {"orders": "t.id", "order_line": _BY_ORDER, "hold": _BY_ORDER, "finding": _BY_ORDER}
HISTORY: dict[str, str] = {
    "wave": _NO_ORDER,
    "hand_over_list": _NO_ORDER,
    "inbound_message": _BY_MESSAGE.format("id"),
    "inbound_order": _BY_ORDER,
    "confirmation": _BY_ORDER,
    "change_request": _BY_ORDER,
    "fulfilment": _BY_ORDER,
    "fulfilment_line": _BY_ORDER,
    "pick_task": _BY_ORDER,
    "reservation": _BY_ORDER,
    "scan": _BY_FULFILMENT,
    "parcel": _BY_ORDER,
    "parcel_line": _BY_PARCEL,
    "tracking_event": _BY_PARCEL,
    "message": _BY_ORDER,
    "document": _BY_ORDER,
    "ticket": _BY_ORDER,
    "ticket_line": _BY_TICKET,
    "ticket_note": _BY_TICKET,
    "return_request": _BY_ORDER,
    "return_line": _BY_RETURN,
    "refund": _BY_ORDER,
    "score": _BY_ORDER,
    "error_event": _BY_ORDER,
    "stock_move": _BY_ORDER,
    "step": _BY_SUBJECT,
    "step_pause": "(SELECT s.order_id FROM step s WHERE s.id = t.step_id)",
    "history_entry": _BY_SUBJECT,
}

_NUMBER = "growth_number(split_part(t.number, '-', 1), CAST(%(generation)s AS bigint) * {rows} + t.growth_row)"
_AGAIN = "t.{column} || '-' || CAST(%(generation)s AS text)"
_KEY = "coalesce(t.key_head || CAST({id} AS text) || t.key_rest, t.key || '-' || CAST(%(generation)s AS text))"
_CUSTOMER = "coalesce(c.{column}, t.{column})"

#: Columns that are neither an id nor a moment and yet differ between copies.
_OWN: dict[str, dict[str, str]] = {
    "orders": {
        "number": _NUMBER,
        "channel_order_id": _AGAIN,
        "channel_order_number": "'#' || (CAST(%(generation)s AS bigint) * {rows} + t.growth_row)",
        "customer_id": "coalesce(c.id, t.customer_id)",
        "email_hash": _CUSTOMER,
        "phone_hash": _CUSTOMER,
        "name_hash": _CUSTOMER,
    },
    "parcel": {
        "number": _NUMBER,
        "reference": _NUMBER + " || substr(t.reference, length(t.number) + 1)",
        "waybill_number": _AGAIN,
    },
    **{table: {"number": _NUMBER} for table in ("fulfilment", "wave", "hand_over_list", "ticket", "return_request")},
    **{table: {"key": _KEY} for table in ("step", "message", "stock_move", "refund", "change_request")},
    "inbound_message": {"event_id": _AGAIN},
    "inbound_order": {"channel_order_id": _AGAIN},
    "scan": {"scan_id": _AGAIN},
    "confirmation": {"token_hash": "sha256(t.token_hash || convert_to(%(tail)s, 'UTF8'))"},
    "document": {"content": "''::bytea"},
}
_DRAWN = """
    CROSS JOIN LATERAL (SELECT CAST(floor((SELECT count(*) FROM growth_customer) * power(random() + t.growth_row * 0, 3)) AS int)
                        AS place OFFSET 0) d
    LEFT JOIN growth_customer c ON c.place = d.place AND t.customer_id IS NOT NULL
"""
_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"

#: Orders that have left the house, or never will.
_FINAL = "status IN ('closed', 'fulfilled', 'cancelled', 'rejected', 'expired') OR fulfilment_status IN ('shipped', 'delivered')"

# A number of 27 letters with its check digit (oms/numbers.py), from a serial that is strewn over all numbers.
_PLACES = [f"(n.strewn / {27**place} % 27)" for place in range(8)]
_NUMBER_FUNCTION = f"""
    CREATE OR REPLACE FUNCTION growth_number(prefix text, serial bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT prefix || '-' || substr(w.word, 1, 4) || '-' || substr(w.word, 5) || '-'
           || substr('2346789ABCDEFGHJKMNPQRTVWXYZU', CAST(w.total % 29 AS int) + 1, 1)
    FROM (SELECT {" || ".join(f"substr('2346789ABCDEFGHJKMNPQRTVWXY', CAST({p} AS int) + 1, 1)" for p in _PLACES)} AS word,
                 {" + ".join(f"{p} * {place + 2}" for place, p in enumerate(_PLACES))} AS total
          FROM (SELECT (serial * 1000000007 + 123456789) % {27**8} AS strewn) n) w
    $$
"""


@dataclass(frozen=True, slots=True)
class Copied:
    """One table, and the statement that adds one generation to it."""

    name: str
    copy: sql.SQL


def prepare(connection: Connection, *, with_history: bool) -> list[Copied]:
    """Set the rows to be copied aside, with their ids taken apart. Raises ValueError where there is none."""
    chosen = CORE | HISTORY if with_history else CORE
    connection.execute(_NUMBER_FUNCTION)
    connection.execute("DROP TABLE IF EXISTS growth_order, growth_id, growth_customer")
    connection.execute(f"""
        CREATE UNLOGGED TABLE growth_order AS SELECT id, ({_FINAL}) AS final FROM orders WHERE received_at > now() - interval '1 day'
        {f"AND ({_FINAL})" if with_history else ""}
    """)
    connection.execute("CREATE UNLOGGED TABLE growth_id (id uuid PRIMARY KEY)")
    for table, order in chosen.items():
        connection.execute(f"DROP TABLE IF EXISTS growth_of_{table}")
        connection.execute(f"""
            CREATE UNLOGGED TABLE growth_of_{table} AS
            SELECT t.*, g.id AS growth_of, coalesce(g.final, true) AS growth_final, row_number() OVER () AS growth_row
            FROM {table} t LEFT JOIN growth_order g ON g.id = {order}
            WHERE {f"t.id IN ({_SHARED[table]})" if table in _SHARED else "g.id IS NOT NULL"}
        """)
        if "id" in dict(_columns(connection, table)):
            connection.execute(f"INSERT INTO growth_id SELECT id FROM growth_of_{table}")
    if _count(connection, "growth_id") == 0:
        raise ValueError("no order to copy")
    return [Copied(table, _statement(connection, table)) for table in chosen]


def _count(connection: Connection, table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row is not None
    return int(row[0])


def first_generation(connection: Connection) -> int:
    """The generation after those that earlier calls made."""
    connection.execute("CREATE SEQUENCE IF NOT EXISTS growth_generation")
    row = connection.execute("SELECT nextval('growth_generation')").fetchone()
    assert row is not None
    return 1 + (int(row[0]) - 1) * 1_000_000


def _columns(connection: Connection, table: str) -> list[tuple[str, str]]:
    found = connection.execute(
        "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 "
        "AND NOT attisdropped ORDER BY attnum",
        [table],
    )
    return [(str(name), str(kind)) for name, kind in found.fetchall()]


def _statement(connection: Connection, table: str) -> sql.SQL:
    columns, own = _columns(connection, table), _OWN.get(table, {})
    rows = _count(connection, f"growth_of_{table}")
    if own.get("key") is _KEY:
        _split_keys(connection, table)
    read = []
    for column, kind in columns:
        if column in own:
            key = _new_id(connection, table, "key_id") if own[column] is _KEY else ""
            read.append(own[column].format(rows=rows, column=column, id=key))
        elif kind == "uuid":
            read.append(_new_id(connection, table, column))
        else:
            moved = kind == "timestamp with time zone"
            read.append(f't."{column}" + CAST(%(shift)s AS interval)' if moved else f't."{column}"')
    names = ", ".join(f'"{column}"' for column, _ in columns)
    drawn = _DRAWN if table == "orders" else ""
    return sql.SQL(  # the tables and columns are ours
        f"INSERT INTO {table} ({names}) SELECT {', '.join(read)} FROM growth_of_{table} t {drawn}"
        " WHERE t.growth_final OR CAST(%(open)s AS boolean) ORDER BY t.growth_row"
    )


def _split_keys(connection: Connection, table: str) -> None:
    """Cut a key at the first id in it, so that a copy's key carries the copy's id."""
    connection.execute(f"ALTER TABLE growth_of_{table} ADD key_head text, ADD key_id uuid, ADD key_rest text")
    connection.execute(f"""
        UPDATE growth_of_{table} SET key_head = m.m[1], key_id = CAST(m.m[2] AS uuid), key_rest = m.m[3]
        FROM (SELECT ctid AS place, regexp_match(key, '^(.*?)({_UUID})(.*)$') AS m FROM growth_of_{table}) m
        WHERE growth_of_{table}.ctid = m.place AND CAST(m.m[2] AS uuid) IN (SELECT id FROM growth_id)
    """)


def _new_id(connection: Connection, table: str, column: str) -> str:
    """The copy's id where the column names a copied row, else what stands there: a SKU, a channel, a person."""
    ours = f"SELECT 1 FROM growth_of_{table} WHERE {column} IN (SELECT id FROM growth_id) LIMIT 1"
    if connection.execute(ours).fetchone() is None:
        return f"t.{column}"
    connection.execute(f"ALTER TABLE growth_of_{table} ADD {column}_ms bigint, ADD {column}_hex text")
    connection.execute(f"""
        UPDATE growth_of_{table} t SET {column}_ms = CAST(CAST('x' || left(h.hex, 12) AS bit(48)) AS bigint),
               {column}_hex = h.hex
        FROM (SELECT id, replace(id::text, '-', '') AS hex FROM growth_id) h WHERE h.id = t.{column}
    """)
    # An id begins with its millisecond, so that copies lie as close together as their models; the rest is new.
    rest = f"substr(md5(t.{column}_hex || %(tail)s), 1, 20)"
    made = f"CAST('0' || to_hex(t.{column}_ms + CAST(%(ms)s AS bigint)) || {rest} AS uuid)"
    return f"coalesce({made}, t.{column})"


def balance_stock(connection: Connection, *, first: int, generations: int) -> None:
    """What the copies took from the shelves had been brought: one opening move for each place, stock as it was."""
    connection.execute(
        """
        INSERT INTO stock_move (id, key, warehouse_id, sku_id, bin_id, on_hand, reserved, cause, actor, at)
        SELECT gen_random_uuid(), concat_ws(':', 'growth', CAST(%(first)s AS text), warehouse_id, sku_id, bin_id),
               warehouse_id, sku_id, bin_id, -sum(on_hand) * %(generations)s, -sum(reserved) * %(generations)s, 'opening', 'system',
               now() - interval '800 days'
        FROM (SELECT warehouse_id, sku_id, bin_id, on_hand - coalesce(carried, 0) AS on_hand, reserved FROM growth_of_stock_move
              UNION ALL
              SELECT warehouse_id, sku_id, to_bin_id, carried, 0 FROM growth_of_stock_move WHERE carried IS NOT NULL) m
        GROUP BY warehouse_id, sku_id, bin_id HAVING sum(on_hand) <> 0 OR sum(reserved) <> 0
        """,
        {"first": first, "generations": generations},
    )


def keep_terms(connection: Connection) -> None:
    """What every order is looked for by, written as one list and its key built over it."""
    connection.execute("ALTER TABLE order_term DROP CONSTRAINT pk_order_term")
    connection.execute("TRUNCATE order_term")
    connection.execute("""
        INSERT INTO order_term (term, received_at, order_id)
        SELECT DISTINCT t.term, o.received_at, o.id FROM orders o CROSS JOIN LATERAL (VALUES
            (CAST(encode(o.email_hash, 'hex') AS uuid)), (CAST(encode(o.phone_hash, 'hex') AS uuid)),
            (CAST(encode(o.name_hash, 'hex') AS uuid)), (CAST(md5(o.channel_order_number) AS uuid)), (o.customer_id)) AS t(term)
        WHERE t.term IS NOT NULL
        UNION
        SELECT l.sku_id, o.received_at, o.id FROM orders o JOIN order_line l ON l.order_id = o.id WHERE l.sku_id IS NOT NULL
        ORDER BY 2, 3
    """)
    connection.execute("ALTER TABLE order_term ADD CONSTRAINT pk_order_term PRIMARY KEY (term, received_at, order_id)")
    connection.execute("VACUUM (ANALYZE, PARALLEL 0) order_term")


def clear(connection: Connection, tables: list[Copied]) -> None:
    """Take away what was set aside."""
    names = ["growth_order", "growth_id", "growth_customer", *(f"growth_of_{table.name}" for table in tables)]
    connection.execute(f"DROP TABLE {', '.join(names)}")
