"""Hosts as network namespaces on one bridge: each has its own address, its own host name, and can lose its cable or its power.

The bridge lies in the namespace of the database's host, which the calling process enters, so that the machine's own network
stays as it is. Debian's iproute2 and root are needed.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

NO_NAMESPACES = (
    "NO NETWORK NAMESPACES: several hosts were not tried; it needs root and iproute2 (a container: --cap-add SYS_ADMIN "
    "--cap-add NET_ADMIN)"
)
SUBNET = "10.231.77"
DATABASE_ADDRESS = f"{SUBNET}.1"
_CLONE_NEWNET = 0x40000000


class CannotIsolate(RuntimeError):
    """This machine lets nobody make network namespaces."""


@dataclass(slots=True)
class Host:
    """One host: its namespace, its address on the bridge, the processes started on it."""

    network: Network
    name: str
    address: str
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def namespace(self) -> str:
        return f"{self.network.prefix}-{self.name}"

    @property
    def cable(self) -> str:
        """The end at the bridge; at most 15 letters."""
        return f"v{self.address.rpartition('.')[2]}"

    def start(self, argv: Sequence[str], *, environment: Mapping[str, str], folder: Path) -> None:
        """Start a program on this host, under its own host name; it writes to <folder>/<host>.log."""
        named = ["unshare", "--uts", "sh", "-c", 'hostname "$0"; exec "$@"', self.name, *argv]
        with (folder / f"{self.name}.log").open("ab") as log:
            self.processes.append(
                subprocess.Popen(
                    ["ip", "netns", "exec", self.namespace, *named], env=dict(environment), stdout=log, stderr=log
                )
            )

    def pids(self) -> list[int]:
        """Everything that runs on it."""
        return [int(pid) for pid in _ip("netns", "pids", self.namespace).split()]

    def lose_cable(self) -> None:
        """Nothing comes or goes any more; what runs on it does not know."""
        _ip("link", "set", self.cable, "down")

    def lose_power(self) -> int:
        """The cable goes dead and every process with it, so that nobody says goodbye; return how many processes that were."""
        self.lose_cable()
        pids = self.pids()
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for process in self.processes:
            process.wait(10)
        self.processes.clear()
        return len(pids)

    def get_power(self) -> None:
        """The cable is live again; what had lost its power does not run yet."""
        _ip("link", "set", self.cable, "up")

    def traffic_bytes(self) -> int:
        """What went over its cable so far, both ways."""
        shown = _ip("-s", "link", "show", "dev", self.cable).splitlines()
        return sum(
            int(shown[place + 1].split()[0])
            for place, line in enumerate(shown)
            if line.strip().startswith(("RX:", "TX:"))
        )


@dataclass(slots=True)
class Network:
    """The hosts around the bridge."""

    prefix: str
    hosts: list[Host] = field(default_factory=list)

    def add(self, name: str) -> Host:
        """One more host, reachable at its address."""
        host = Host(self, name, f"{SUBNET}.{len(self.hosts) + 11}")
        self.hosts.append(host)
        inside = ("-n", host.namespace)
        _ip("netns", "add", host.namespace)
        _ip("link", "add", host.cable, "type", "veth", "peer", "name", "eth0", "netns", host.namespace)
        _ip("link", "set", host.cable, "master", "bridge0", "up")
        _ip(*inside, "addr", "add", f"{host.address}/24", "dev", "eth0")
        _ip(*inside, "link", "set", "eth0", "up")
        _ip(*inside, "link", "set", "lo", "up")
        return host


@contextmanager
def network() -> Iterator[Network]:
    """Make the bridge and enter its namespace; at the end leave it and remove every host. Raises CannotIsolate."""
    if os.geteuid() != 0 or not shutil.which("ip") or not shutil.which("unshare"):
        raise CannotIsolate(NO_NAMESPACES)
    made = Network(f"oms{os.getpid()}")
    # Ended from outside it must still take its namespaces away.
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    home, bridge = os.open("/proc/self/ns/net", os.O_RDONLY), f"{made.prefix}-database"
    try:
        try:
            _ip("netns", "add", bridge)
        except subprocess.CalledProcessError as fault:
            raise CannotIsolate(f"{NO_NAMESPACES}: {fault.stderr.strip()}") from fault
        _enter(f"/run/netns/{bridge}")
        _ip("link", "set", "lo", "up")
        _ip("link", "add", "bridge0", "type", "bridge")
        _ip("addr", "add", f"{DATABASE_ADDRESS}/24", "dev", "bridge0")
        _ip("link", "set", "bridge0", "up")
        yield made
    finally:
        for host in made.hosts:
            with suppress(subprocess.CalledProcessError):
                host.lose_power()
        libc = ctypes.CDLL(None, use_errno=True)
        libc.setns(home, _CLONE_NEWNET)
        os.close(home)
        signal.signal(signal.SIGTERM, before)
        for name in [*(host.namespace for host in made.hosts), bridge]:
            subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)


def _enter(path: str) -> None:
    """This thread, and whatever it starts, belongs to that namespace from now on."""
    handle = os.open(path, os.O_RDONLY)
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(handle, _CLONE_NEWNET) != 0:
            raise CannotIsolate(f"{NO_NAMESPACES}: {os.strerror(ctypes.get_errno())}")
    finally:
        os.close(handle)


def _ip(*words: str) -> str:
    return subprocess.run(["ip", *words], capture_output=True, text=True, check=True).stdout
