"""Every table of oms: imports each module that declares some."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from sqlalchemy import MetaData

import oms
from oms.db import Base

#: Modules that declare tables, by the end of their names.
_DECLARES = ("models", "effects", "policy")


def metadata() -> MetaData:
    """The metadata with every table registered."""
    for module in pkgutil.walk_packages(oms.__path__, "oms."):
        if module.name.endswith(_DECLARES):
            import_module(module.name)
    return Base.metadata
