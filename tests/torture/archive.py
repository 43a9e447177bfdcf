"""Continuous archiving of the house's PostgreSQL, as docs/operating.md tells it: base backup, WAL archive, restore to a moment."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg

from oms.embedded import Server

_SIDE = "side"


@dataclass(frozen=True, slots=True)
class Archive:
    """`folder` holds `base` and `wal`; `timeout_s` is the longest that a commit waits for its way into the archive."""

    server: Server
    folder: Path
    timeout_s: int

    @property
    def cluster(self) -> Path:
        return self.server.data_dir / "data"

    @property
    def wal(self) -> Path:
        return self.folder / "wal"

    @property
    def dump(self) -> Path:
        return self.folder / "oms.dump"

    def there(self) -> tuple[str, ...]:
        """Where PostgreSQL's programs find the server, and as whom."""
        return ("-h", str(self.server.socket_dir), "-U", "oms")

    def switch_on(self) -> None:
        """Archive from now on; the server is started anew by its supervisor. Nobody may be at work yet."""
        for folder in (self.folder, self.wal):
            folder.mkdir(mode=0o700)
            os.chown(folder, self.server.user.uid, self.server.user.gid)
        copy = f"test ! -f {self.wal}/%f && cp %p {self.wal}/.%f && mv {self.wal}/.%f {self.wal}/%f"
        with psycopg.connect(self.server.url, autocommit=True) as connection:
            for name, value in (("archive_mode", "on"), ("archive_command", copy), ("archive_timeout", self.timeout_s)):
                connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        assert self.server.process is not None
        self.server.process.send_signal(self.server.stop_signal)
        self.server.process.wait(30)
        self.server.spawn()

    def back_up(self) -> None:
        """Take the base backup while everybody works, and have it verified."""
        self.run(
            "pg_basebackup",
            *self.there(),
            "-D",
            str(self.folder / "base"),
            "-c",
            "fast",
        )
        self.run("pg_verifybackup", str(self.folder / "base"))

    def lose_disk(self) -> None:
        """Kill the server and remove its cluster: what is not in the archive is gone."""
        assert self.server.process is not None
        self.server.process.send_signal(signal.SIGKILL)
        self.server.process.wait(10)
        self.server.clear()
        shutil.rmtree(self.cluster)

    def last_moment(self) -> datetime | None:
        """The commit time of the last transaction that the archive holds, from a restore beside the house.

        None when it holds none that came after the base backup.
        """
        side = self.folder / _SIDE
        self._lay(side, "recovery_target_timeline = 'latest'")
        socket_dir = self.folder / "s"
        socket_dir.mkdir()
        os.chown(socket_dir, self.server.user.uid, self.server.user.gid)
        settings = {"listen_addresses": "", "unix_socket_directories": socket_dir, "archive_mode": "off"}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "side.log").open("ab") as log:
            process = subprocess.Popen(
                [self._program("postgres"), "-D", str(side), *options],
                stdout=log,
                stderr=log,
                cwd="/",
                **self._as_user(),
            )
        try:
            return _last_replayed(f"postgresql://oms@/postgres?host={socket_dir}")
        finally:
            process.send_signal(signal.SIGQUIT)
            process.wait(20)
            shutil.rmtree(side)

    def restore(self, to: datetime) -> None:
        """Put the cluster as it was at that moment in place; the server is spawned and recovers."""
        self._lay(self.cluster, f"recovery_target_time = '{to.isoformat()}'", "recovery_target_action = 'promote'")
        self.server.spawn()

    def recovered(self) -> bool:
        """Has the server reached its moment and does it take writes?"""
        with suppress(psycopg.OperationalError), psycopg.connect(self.server.url, connect_timeout=2) as connection:
            row = connection.execute("SELECT pg_is_in_recovery()").fetchone()
            return row == (False,)
        return False

    def _lay(self, cluster: Path, *targets: str) -> None:
        subprocess.run(["cp", "-a", str(self.folder / "base"), str(cluster)], check=True)
        lines = [f"restore_command = 'cp {self.wal}/%f %p'", *targets]
        with (cluster / "postgresql.auto.conf").open("a") as out:
            out.write("\n".join(["", *lines, ""]))
        (cluster / "recovery.signal").touch()

    def _program(self, name: str) -> str:
        return str(Path(self.server.command[0]).with_name(name))

    def run(self, name: str, *words: str) -> None:
        """Run one of PostgreSQL's programs as the server's user. RuntimeError with its words when it fails."""
        done = subprocess.run(
            [self._program(name), *words], capture_output=True, text=True, cwd="/", check=False, **self._as_user()
        )
        if done.returncode != 0:
            raise RuntimeError(f"{name}: {done.stderr.strip()}")

    def _as_user(self) -> dict[str, object]:
        user = self.server.user
        return {} if user.uid == os.getuid() else {"user": user.uid, "group": user.gid, "extra_groups": []}


def _last_replayed(url: str) -> datetime | None:
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        with suppress(psycopg.OperationalError), psycopg.connect(url, connect_timeout=2) as connection:
            row = connection.execute("SELECT pg_is_in_recovery(), pg_last_xact_replay_timestamp()").fetchone()
            if row is not None and row[0] is False:
                moment: datetime | None = row[1]
                return moment
        time.sleep(0.2)
    raise RuntimeError("the side server did not recover within 60 s")
