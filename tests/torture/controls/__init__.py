"""Positive controls: the product deliberately broken, one way each. The harness must catch every one of them."""

from __future__ import annotations

import importlib

#: name -> 'module:function' that breaks the process it is called in
CONTROLS: dict[str, str] = {
    "rq_only": "tests.torture.controls.rq_only:apply",
    "naive_stock": "tests.torture.controls.statements:naive_stock",
    "no_fence": "tests.torture.controls.statements:no_fence",
    "unsorted_locks": "tests.torture.controls.statements:unsorted_locks",
    "lost_together": "tests.torture.controls.statements:lost_together",
}


def apply(name: str) -> None:
    """Break this process as `name` says; the empty name leaves it whole."""
    if not name:
        return
    module, _, function = CONTROLS[name].partition(":")
    getattr(importlib.import_module(module), function)()
