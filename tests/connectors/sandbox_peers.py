"""Real sandbox peers as processes, and a real HTTP server that takes their webhooks."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import requests

from connectors.base import Received
from tests.servers import ROOT

#: Of a peer that lives; one that has ended is told at once.
PATIENCE_S = 60.0


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    """Return when `is_so`; fail loudly when it does not become so."""
    ends_at = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < ends_at, f"waited {PATIENCE_S} s in vain: {what}"
        time.sleep(0.02)


class Peer:
    """One sandbox peer as a process of its own, with its state in a folder."""

    def __init__(self, name: str, state: Path, *arguments: str) -> None:
        self.name = name
        self.state = state
        self._command = [sys.executable, "-m", f"connectors.sandbox.{name}", "--state", str(state)]
        self._command += ["--die-with-parent", *arguments]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Peer:
        self.state.mkdir(parents=True, exist_ok=True)
        with (self.state / "log").open("ab") as log:
            self._process = subprocess.Popen(self._command, cwd=ROOT, stdout=log, stderr=log)
        wait_until(self._answers, f"{self.name} is up: {(self.state / 'log').read_text()[-2000:]}")
        return self

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """A clean stop; returns the exit code."""
        return self._end(signal.SIGTERM)

    def port(self, kind: str = "port") -> int:
        return int((self.state / kind).read_text())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port()}"

    def call(self, method: str, path: str, content: object = None, *, expect: int | None = None) -> Any:
        """Call with the peer's API key; returns the JSON."""
        key = {"Authorization": f"Bearer sandbox-{self.name}-key"}
        answer = requests.request(method, self.url + path, json=content, headers=key, timeout=10)
        assert expect is None or answer.status_code == expect, answer.text
        return answer.json()

    def fault(self, operation: str, fault: str, times: int = 1) -> None:
        self.call("POST", "/v1/faults", {"operation": operation, "fault": fault, "times": times}, expect=200)

    def _end(self, number: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(number)
        code = self._process.wait(timeout=PATIENCE_S)
        self._process = None
        return code

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.state / "log").read_text()
        try:
            return requests.get(f"{self.url}/healthz", timeout=1).ok
        except (OSError, ValueError):
            return False


@dataclass
class Letterbox:
    """What peers posted, newest last; `refusals` of the next posts are answered 503."""

    url: str
    received: list[tuple[str, Received]]
    refusals: int = 0

    def messages(self, path: str = "") -> list[Received]:
        return [message for came_to, message in self.received if came_to.startswith(path)]

    def contents(self, path: str = "") -> list[Any]:
        return [json.loads(message.body) for message in self.messages(path)]

    def wait_for(self, count: int, path: str = "") -> list[Received]:
        wait_until(lambda: len(self.messages(path)) >= count, f"{count} webhooks at {path or 'any path'}")
        return self.messages(path)


class LetterboxServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Slot)
        self.box = Letterbox(f"http://127.0.0.1:{self.server_address[1]}", [])
        Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()


class _Slot(BaseHTTPRequestHandler):
    server: LetterboxServer

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        box = self.server.box
        if box.refusals:
            box.refusals -= 1
            self.send_response(503)
        else:
            headers = {name.lower(): value for name, value in self.headers.items()}
            box.received.append((self.path, Received(body=body, headers=headers)))
            self.send_response(202)
        self.end_headers()
