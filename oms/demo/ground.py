"""The ground under a demo run: real servers, ours or given, an own database, migrated and seeded."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from oms import db, embedded, installation
from oms.demo import seed
from oms.demo.place import Place, make_place
from oms.embedded import Server, schema
from oms.journey import calendar_store
from oms.settings import load


@dataclass(slots=True)
class Ground:
    """The run's place, its children's environment, and the servers that we started ourselves."""

    place: Place
    environment: dict[str, str]
    servers: list[Server] = field(default_factory=list)
    given_database: str | None = None
    given_redis: str | None = None
    run: str = "demo"

    def leave(self) -> None:
        """On servers of somebody else take away what the run made there; our own keep their files."""
        if self.given_database:
            embedded.drop_database(self.given_database, database_name(self.run))
        if self.given_redis:
            embedded.release_redis(self.environment["OMS_REDIS_URL"])


def database_name(run: str) -> str:
    """The database of this run."""
    return f"oms_{run}_{os.getpid()}"


def find(run: str = "demo", *, ports: Sequence[int] = ()) -> Ground:
    """Find or start PostgreSQL and Redis, make the own empty database of a run of that name, with these ports or free ones.

    With OMS_DATABASE_URL and OMS_REDIS_URL set, databases are made on those servers; the ones named stay untouched.
    """
    found = embedded.find_servers()
    place = make_place(run, ports=ports)
    servers: list[Server] = []
    database_server, redis_server = found.database_url, found.redis_url
    if redis_server is None:
        servers.append(embedded.redis(place.folder / "redis", durable=True))
        redis_server = servers[-1].url
    if database_server is None:
        servers.append(embedded.postgres(place.folder / "postgres", durable=True))
        database_server = servers[-1].url
    database_url = embedded.create_database(database_server, database_name(run))
    redis_url = embedded.claim_redis(redis_server) if found.redis_url else redis_server
    return Ground(place, place.environment(database_url, redis_url), servers, found.database_url, found.redis_url, run)


def fill(ground: Ground) -> None:
    """Migrate the database and seed it; once for each run."""
    schema.upgrade(ground.environment["OMS_DATABASE_URL"])
    _keep_organisation(ground.environment)
    seed.seed(ground.environment, ground.place)


def _keep_organisation(environment: dict[str, str]) -> None:
    deploy = load(environment)
    with installation.opened(environment) as session:
        calendar_store.keep_organisation(session, zone=deploy.zone, country=deploy.country, now=db.now(session))
