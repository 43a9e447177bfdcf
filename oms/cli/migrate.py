"""`oms migrate`: bring the database to the newest schema, and note the organisation's zone and country."""

from __future__ import annotations

import os
from collections.abc import Sequence

from oms import crypto, db, settings
from oms.cli.arguments import Parser
from oms.embedded import schema
from oms.journey import calendar_store


def run(argv: Sequence[str]) -> int:
    """Migrate the database of OMS_DATABASE_URL; running it again changes nothing."""
    Parser(prog="oms migrate", description=__doc__).parse_args(argv)
    deploy = settings.load(os.environ)
    schema.upgrade(deploy.database_url)
    crypto.install(crypto.key_ring(deploy.encryption_keys, deploy.index_key))
    engine = db.make_engine(deploy.database_url, pool_size=1)
    with db.Database(engine).transaction() as session:
        calendar_store.keep_organisation(session, zone=deploy.zone, country=deploy.country, now=db.now(session))
    engine.dispose()
    return 0
