"""Small disks (tmpfs) below a folder, which can be filled to the last byte and emptied again."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

NO_MOUNT = (
    "NO TMPFS: the full-disk level did not run; it needs root and the right to mount (a container: --cap-add SYS_ADMIN)"
)
_BALLAST = "ballast"
_BLOCK = bytes(65536)


class CannotMount(RuntimeError):
    """This machine lets nobody mount."""


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """A tmpfs on `folder`, which keeps its contents, owner and mode."""

    folder: Path
    size_mb: int

    def mount(self) -> None:
        """Put the disk below what is in the folder; nobody may have it open. Raises CannotMount."""
        before = self.folder.with_name(f"{self.folder.name}.before")
        owner = self.folder.stat()
        self.folder.rename(before)
        self.folder.mkdir()
        options = f"size={self.size_mb}m,mode={owner.st_mode & 0o7777:o},uid={owner.st_uid},gid={owner.st_gid}"
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "oms-torture", str(self.folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            self.folder.rmdir()
            before.rename(self.folder)
            raise CannotMount(f"{NO_MOUNT}: {done.stderr.strip()}")
        subprocess.run(["cp", "-a", f"{before}/.", str(self.folder)], check=True)
        shutil.rmtree(before)

    def unmount(self) -> None:
        """Take it away, also while somebody has it open; what is on it is lost when they end."""
        subprocess.run(["umount", "-l", str(self.folder)], capture_output=True, check=False)

    def fill(self) -> None:
        """Not one byte is left."""
        with (self.folder / _BALLAST).open("ab", buffering=0) as out:
            for block in (_BLOCK, _BLOCK[:4096], b"\0"):
                with suppress(OSError):
                    while True:
                        out.write(block)

    def empty(self) -> None:
        """The space is back."""
        (self.folder / _BALLAST).unlink(missing_ok=True)

    def free_bytes(self) -> int:
        """How much fits."""
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_bsize


def keep_full(disks: list[SmallDisk], *, seconds: float) -> float:
    """Fill all again and again, since who gives up a file makes room; return when (CLOCK_MONOTONIC) they were emptied."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        for disk in disks:
            disk.fill()
        time.sleep(0.1)
    for disk in disks:
        disk.empty()
    return time.monotonic()
