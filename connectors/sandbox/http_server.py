"""The HTTP server under every sandbox peer: a thread a connection, routes, faults on demand."""

from __future__ import annotations

import socket
import sqlite3
import struct
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from connectors.sandbox import process
from connectors.sandbox.faults import WORK_IS_DONE, Fault, Faults
from connectors.sandbox.http_messages import Answer, Refused, Request, Route, text, whole_number

BODY_LIMIT_BYTES = 5_000_000
HANG_S = 60.0
SLOW_S = 1.5
_BIND_PATIENCE_S = 10.0

_STATUS_FAULTS = {
    Fault.INTERNAL_ERROR: 500,
    Fault.UNAVAILABLE: 503,
    Fault.TOO_MANY: 429,
    Fault.AFTER_COMMIT_ERROR: 500,
}
_HANGING = frozenset({Fault.TIMEOUT, Fault.AFTER_COMMIT_TIMEOUT})
_RESETTING = frozenset({Fault.RESET, Fault.AFTER_COMMIT_RESET})


class PeerServer(ThreadingHTTPServer):
    """Serves `routes` on loopback; `guard` refuses callers that may not call."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self, port: int, routes: Sequence[Route], *, faults: Faults, guard: Callable[[Request], None], hang_s: float
    ) -> None:
        self.routes = (*routes, *_fault_routes(faults))
        self.faults = faults
        self.guard = guard
        self.hang_s = hang_s
        self.stopped = threading.Event()
        super().__init__(("127.0.0.1", port), _Conversation)

    def find(self, request: Request) -> tuple[Route, Request]:
        """The route of a request, and the request with the parts that the route's pattern names."""
        other_methods = []
        for route in self.routes:
            match = route.pattern.fullmatch(request.path)
            if match and route.method == request.method:
                return route, replace(request, part={name: unquote(value) for name, value in match.groupdict().items()})
            if match:
                other_methods.append(route.method)
        if other_methods:
            raise Refused(405, "method_not_allowed", f"{request.path} knows {', '.join(other_methods)}")
        raise Refused(404, "no_such_path", f"there is nothing at {request.path}")

    def handle_error(self, request: object, client_address: object) -> None:
        """Log what ended a connection; a caller that hangs up is no fault of this server."""
        fault = sys.exception()
        if not isinstance(fault, OSError):
            process.log("connection failed", error=repr(fault))


def _fault_routes(faults: Faults) -> list[Route]:
    def add(request: Request) -> Answer:
        content = request.json()
        wanted = text(content, "fault")
        if wanted not in [str(fault) for fault in Fault]:
            known = ", ".join(Fault)
            raise Refused(422, "fault_unknown", f"'{wanted}' is no fault; known are {known}", where="fault")
        faults.add(
            text(content, "operation"), Fault(wanted), times=whole_number(content, "times", at_least=1, default=1)
        )
        return Answer.of({"left": faults.left()})

    def clear(_request: Request) -> Answer:
        faults.clear()
        return Answer.of({"left": {}})

    return [Route.to("POST", "/v1/faults", add), Route.to("DELETE", "/v1/faults", clear)]


class _Conversation(BaseHTTPRequestHandler):
    """One connection, kept alive between requests."""

    server: PeerServer
    protocol_version = "HTTP/1.1"
    server_version = "sandbox"
    sys_version = ""
    timeout = 120
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing for each request: the peers log business events instead."""

    def _converse(self) -> None:
        try:
            request = self._request()
            self.server.guard(request)
            route, request = self.server.find(request)
        except Refused as refusal:
            self._send(refusal.answer())
            return
        fault = self.server.faults.take(route.operation) if route.operation else None
        if fault is None or fault in WORK_IS_DONE or fault is Fault.SLOW:
            answer = self._work(route, request)
        else:
            answer = Answer()
        self._send_with(fault, answer)

    do_GET = do_POST = do_PUT = do_DELETE = _converse

    def _request(self) -> Request:
        length = self.headers.get("content-length", "0")
        if "chunked" in self.headers.get("transfer-encoding", "") or not length.isdecimal():
            self.close_connection = True
            raise Refused(411, "length_required", "send a Content-Length header with the body's bytes")
        if int(length) > BODY_LIMIT_BYTES:
            self.close_connection = True
            raise Refused(413, "body_too_large", f"the body may have at most {BODY_LIMIT_BYTES} bytes")
        url = urlsplit(self.path)
        return Request(
            method=self.command,
            path=url.path,
            query=dict(parse_qsl(url.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(length)),
        )

    def _work(self, route: Route, request: Request) -> Answer:
        try:
            return route.handler(request)
        except Refused as refusal:
            return refusal.answer()
        except (sqlite3.Error, OSError, ValueError, TypeError, LookupError, ArithmeticError) as fault:
            process.log("request failed", path=request.path, error=repr(fault))
            return Refused(500, "internal", "the peer failed; its log says why").answer()

    def _send_with(self, fault: Fault | None, answer: Answer) -> None:
        if fault in _HANGING:
            self.server.stopped.wait(self.server.hang_s)
            self.close_connection = True
        elif fault in _RESETTING:
            self._reset()
        elif fault is Fault.GARBAGE:
            self._send(Answer(body=b'<html>{"waybill_number": tru', content_type="text/html"))
        elif fault in _STATUS_FAULTS:
            status = _STATUS_FAULTS[fault]
            refusal = Refused(status, "fault_on_demand", f"this answer is the fault '{fault}' that was asked for")
            headers = {"Retry-After": "1"} if status in (429, 503) else {}
            self._send(replace(refusal.answer(), headers=headers))
        else:
            if fault is Fault.SLOW:
                self.server.stopped.wait(SLOW_S)
            self._send(answer)

    def _reset(self) -> None:
        # Linger 0 makes close() send RST instead of FIN.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)


def listen(
    port_file: Path,
    routes: Sequence[Route],
    *,
    wanted_port: int,
    faults: Faults,
    guard: Callable[[Request], None],
    hang_s: float = HANG_S,
) -> PeerServer:
    """Bind, publish the port and serve in a thread of its own; `stop` ends it.

    After a restart the old port is taken again; while it is still held, binding is tried for 10 s.
    """
    port = process.kept_port(port_file, wanted=wanted_port)
    patience = threading.Event()
    for attempt_left in range(int(_BIND_PATIENCE_S / 0.2), -1, -1):
        try:
            server = PeerServer(port, routes, faults=faults, guard=guard, hang_s=hang_s)
            break
        except OSError:
            if not attempt_left:
                raise
            patience.wait(0.2)
    process.keep_port(port_file, server.server_address[1])
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, name="http", daemon=True).start()
    return server


def stop(server: PeerServer) -> None:
    """Stop accepting, let hanging answers end."""
    server.stopped.set()
    server.shutdown()
    server.server_close()
