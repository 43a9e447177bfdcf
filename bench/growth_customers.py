"""The customers that copied orders belong to: few with many orders, many with few, and names that many share."""

from __future__ import annotations

from typing import Any

import psycopg

from oms import db, numbers
from oms.parties.matching import index_of

NAMES = 2000


def name_of(place: int) -> str:
    """The name in that place of the list, 0 the most common."""
    return f"Customer Name {place}"


def email_of(place: int) -> str:
    """The address of the customer in that place, 0 the one with most orders."""
    return f"growth{place}@customer.example"


def prepare(connection: psycopg.Connection[tuple[Any, ...]], *, customers: int) -> None:
    """Make so many customers after the shape of one that stands there, and the table that copies draw from."""
    connection.execute("""
        CREATE UNLOGGED TABLE growth_customer (place int PRIMARY KEY, id uuid, number text, email_hash bytea,
                                               phone_hash bytea, name_hash bytea)
    """)
    names = [index_of(name_of(place)) for place in range(NAMES)]
    with connection.cursor() as cursor, cursor.copy("COPY growth_customer FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(["int4", "uuid", "text", "bytea", "bytea", "bytea"])
        for place in range(customers):
            name = names[int(NAMES * ((place * 0.618) % 1) ** 4)]
            email, phone = index_of(email_of(place)), index_of(f"+86138{place:08d}")
            copy.write_row((place, db.new_id(), numbers.new_number("CU"), email, phone, name))
    connection.execute("""
        INSERT INTO customer (id, number, name, name_hash, company, email, email_hash, phone, phone_hash, address, tax_id,
                              language, key_customer, payment_terms, credit_currency, credit_limit, blocked_reason, created_at)
        SELECT g.id, g.number, c.name, g.name_hash, c.company, c.email, g.email_hash, c.phone, g.phone_hash, c.address, c.tax_id,
               c.language, c.key_customer, c.payment_terms, c.credit_currency, c.credit_limit, c.blocked_reason, c.created_at
        FROM growth_customer g CROSS JOIN (SELECT * FROM customer LIMIT 1) c
        ON CONFLICT DO NOTHING
    """)
    connection.execute("VACUUM (ANALYZE) customer, growth_customer")
