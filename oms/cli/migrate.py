"""`oms migrate`: bring the database to the newest schema, and note the organisation's zone and country."""

from __future__ import annotations

import os
from collections.abc import Sequence

from oms import db, installation, settings
from oms.cli.arguments import Parser
from oms.embedded import schema
from oms.journey import calendar_store


def run(argv: Sequence[str]) -> int:
    """Migrate the database of OMS_DATABASE_URL; running it again changes nothing."""
    Parser(prog="oms migrate", description=__doc__).parse_args(argv)
    deploy = settings.load(os.environ)
    schema.upgrade(deploy.database_url)
    with installation.opened(deploy) as session:
        calendar_store.keep_organisation(session, zone=deploy.zone, country=deploy.country, now=db.now(session))
    return 0
