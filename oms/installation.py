"""This installation's own database, for a command or the demo: settings, keys, one transaction."""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy.orm import Session

from oms import crypto, db
from oms.settings import Settings, load


@contextmanager
def opened(given: Settings | Mapping[str, str], *, role: str = "report") -> Iterator[Session]:
    """One transaction, committed at the end, under settings or the environment they are read from; its statements have the time of `role`.

    Raises SettingsInvalid, which names every wrong setting.
    """
    settings = given if isinstance(given, Settings) else load(given)
    crypto.install(crypto.key_ring(settings.encryption_keys, settings.index_key))
    engine = db.make_engine(settings.database_url, role=role, pool_size=1)
    try:
        with db.Database(engine).transaction() as session:
            yield session
    finally:
        engine.dispose()


def actor() -> str:
    """Who gives a command, as the record names them: the user of this machine."""
    return f"command:{getpass.getuser()}"
