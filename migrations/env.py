"""Alembic: migrations run with the owner's role, over SQLAlchemy's metadata of every capability."""

from __future__ import annotations

from alembic import context

from migrations.tables import metadata
from oms.db import make_engine


def run() -> None:
    """Migrate the database that `sqlalchemy.url` names."""
    url = context.config.get_main_option("sqlalchemy.url") or ""
    engine = make_engine(url, role="unhurried", pool_size=1)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=metadata(), compare_type=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
