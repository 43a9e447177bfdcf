"""`python -m oms.cli`: the same as `oms`."""

from __future__ import annotations

import sys

from oms.cli import main

sys.exit(main())
