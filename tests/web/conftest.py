"""The application on a database of its own, and the people and keys that use it."""

from __future__ import annotations

import pytest

from oms.settings import Settings
from oms.web import create_app
from tests.conftest import CleanDatabase
from tests.web.site import Site


@pytest.fixture
def site(clean_database: CleanDatabase, app_settings: Settings) -> Site:
    """Everything that a web test needs: the app, clients, people, keys, channels."""
    app = create_app(settings=app_settings, database=clean_database.database)
    return Site(app, clean_database.database, app_settings)
