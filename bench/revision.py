"""What is under test or measured: the commit, so that a figure says of which code it is."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: What a run writes itself is no other code.
_OWN = (":!bench/figures.json", ":!bench/baseline.json", ":!docs")


def commit() -> str:
    """The commit's 40 digits, with `-dirty` when other files than a run's own differ from it; `unknown` without git."""
    found = _git("rev-parse", "HEAD").strip()
    if not found:
        return "unknown"
    return f"{found}-dirty" if _git("status", "--porcelain", "--untracked-files=no", "--", ".", *_OWN) else found


def _git(*words: str) -> str:
    try:
        asked = ["git", "-c", f"safe.directory={ROOT}", *words]
        return subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""
