"""Databases of one's own on a server, whoever started it: the one that a URL names is never touched."""

from __future__ import annotations

import os
from contextlib import suppress

import psycopg
import redis as redis_client
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

REDIS_DATABASES = 16
CLAIM = "oms:claimed"
#: The role that the product runs as; the owner's role only migrates.
APP_ROLE = "oms_app"


def create_database(server_url: str, name: str, *, template: str | None = None) -> str:
    """Make database `name`, replacing one of that name; return its URL. `template` must have no connections."""
    copied = sql.SQL(" TEMPLATE {}").format(sql.Identifier(template)) if template else sql.SQL("")
    drop_database(server_url, name)
    with psycopg.connect(_plain(server_url), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)) + copied)
    return url_of(server_url, name)


def drop_database(server_url: str, name: str) -> None:
    """Remove database `name` and whoever is connected to it; nothing happens when it does not exist."""
    if conninfo_to_dict(_plain(server_url)).get("dbname") == name:
        raise ValueError(f"database {name} is the one the server's URL names: it is never dropped")
    with psycopg.connect(_plain(server_url), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def url_of(server_url: str, name: str) -> str:
    """`server_url` with another database's name in it."""
    head, _, options = server_url.partition("?")
    scheme, _, rest = head.partition("://")
    host = rest.partition("/")[0]
    return f"{scheme}://{host}/{name}" + (f"?{options}" if options else "")


def make_app_role(server_url: str) -> None:
    """Make the role that the product runs as: it may write rows but never change what is append-only, nor any table.

    The migrations grant it what it needs, so make it before them; making it again changes nothing.
    """
    # Asking first would not do: of two that ask at once, both hear that there is none.
    known = suppress(psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation)
    with psycopg.connect(_plain(server_url), autocommit=True) as connection, known:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(APP_ROLE)))


def as_app(url: str) -> str:
    """The URL of the same database for the application's role, on a server that trusts its socket."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{APP_ROLE}@{rest.partition('@')[2]}"


def claim_redis(server_url: str) -> str:
    """The URL of an empty logical database of that server, marked as ours; give it back with `release_redis`."""
    named = redis_client.Redis.from_url(server_url).connection_pool.connection_kwargs.get("db", 0)
    for number in reversed(range(REDIS_DATABASES)):
        url = _redis_url(server_url, number)
        if number != named and _claim(url):
            return url
    raise RuntimeError(f"no empty database is left on the Redis server: flush one of its {REDIS_DATABASES}")


def empty_redis(url: str) -> None:
    """Remove everything from a claimed database and keep the claim, in one step."""
    with redis_client.Redis.from_url(url) as client, client.pipeline() as both:
        both.flushdb()
        both.set(CLAIM, os.getpid())
        both.execute()


def release_redis(url: str) -> None:
    """Empty a claimed database; after that anyone may claim it."""
    with redis_client.Redis.from_url(url) as client:
        client.flushdb()


def _claim(url: str) -> bool:
    with redis_client.Redis.from_url(url) as client:
        return client.dbsize() == 0 and bool(client.set(CLAIM, os.getpid(), nx=True))


def _redis_url(server_url: str, number: int) -> str:
    head, _, options = server_url.partition("?")
    kept = [option for option in options.split("&") if option and not option.startswith("db=")]
    if not head.startswith("unix:"):
        scheme, _, rest = head.partition("://")
        head = f"{scheme}://{rest.partition('/')[0]}"
    return f"{head}?{'&'.join([*kept, f'db={number}'])}"


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://", 1)
