"""Starts the real PostgreSQL and Redis that wheels bring, for the demo, the tests and the benches; never in production.

Order of finding: OMS_DATABASE_URL / OMS_REDIS_URL, then the wheel, then the PATH, then an error with the line to type.
Servers listen on a unix socket in a private folder, never on TCP.
"""

from __future__ import annotations

from oms.embedded.databases import (
    APP_ROLE,
    as_app,
    claim_redis,
    create_database,
    drop_database,
    empty_redis,
    make_app_role,
    release_redis,
    url_of,
)
from oms.embedded.launch import postgres, prepare_postgres, prepare_redis, redis
from oms.embedded.programs import Found, find_postgres, find_redis, find_servers
from oms.embedded.server import Server, ServerFault, User, reap

__all__ = [
    "APP_ROLE",
    "Found",
    "Server",
    "ServerFault",
    "User",
    "as_app",
    "claim_redis",
    "create_database",
    "drop_database",
    "empty_redis",
    "find_postgres",
    "find_redis",
    "find_servers",
    "make_app_role",
    "postgres",
    "prepare_postgres",
    "prepare_redis",
    "reap",
    "redis",
    "release_redis",
    "url_of",
]
