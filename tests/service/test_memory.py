"""Large buffers go back to the machine when they are freed."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest
from sqlalchemy import text

from oms import db
from oms.db import Database, make_engine
from tests.servers import ROOT

#: A large buffer, freed; then one of the same size, above which something small stays.
PROGRAM = """
import psutil, sys
from oms import memory
if sys.argv[1] == "ours":
    memory.return_large_buffers()
kept, before = [], psutil.Process().memory_info().rss
for _ in range(3):
    large = bytearray(b"x") * (25 << 20)
    kept.append([bytearray(b"y") * 100_000 for _ in range(5)])
    del large
print(psutil.Process().memory_info().rss - before)
"""


def growth(word: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, word], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps large buffers")
def test_what_large_mails_took_is_given_back():
    kept = growth("glibc's own")
    assert growth("ours") < 8 * 1024 * 1024 < kept


def test_a_connection_that_carried_a_large_mail_is_not_kept(clean_database):
    """The client library's buffers would stay three times as large as the mail."""
    engine = make_engine(clean_database.url, pool_size=1, max_overflow=0)
    database = Database(engine)
    with database.transaction() as session:
        first = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        db.carried(session, 25_000_000)
    with database.transaction() as session:
        second = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        db.carried(session, 1000)
    with database.transaction() as session:
        third = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
    engine.dispose()
    assert first != second == third
