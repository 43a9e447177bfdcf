"""The one HTTP client of the connectors: time-outs, no redirects, bounded answers, secrets kept out of errors.

It never repeats a call: the Step that made it does.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from connectors.base import ConnectorError
from connectors.deadline import Deadline, watched
from connectors.json_bytes import Unreadable, parse

TIMEOUT_S = (3.0, 10.0)
#: From connecting to the last byte, for a peer that trickles.
WHOLE_S = 20.0
LONGEST_RETRY_S = 3600.0
MAX_ANSWER_BYTES = 20_000_000

#: Refusals that pass: the peer is busy, locked, too early or being asked too often.
TEMPORARY = frozenset({408, 409, 425, 429})

_NEXT = re.compile(r'<([^<>]+)>\s*;[^,]*\brel="?next"?')


@dataclass(frozen=True, slots=True)
class Answer:
    """What a peer answered: the status, headers with lower-case names and the whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> object:
        """The body as exact JSON; raises ConnectorError (temporary) for anything else."""
        try:
            return parse(self.body)
        except Unreadable as error:
            raise ConnectorError(
                f"the peer's answer is unreadable: {error}", permanent=False, status=self.status
            ) from error

    def next_url(self) -> str | None:
        """The address of the next page in the Link header."""
        found = _NEXT.search(self.headers.get("link", ""))
        return found[1] if found else None


@dataclass(slots=True)
class Client:
    """Calls one peer below `base_url`; `secrets` never appear in an error."""

    base_url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    auth: tuple[str, str] | None = None
    secrets: Sequence[str] = ()
    timeout_s: tuple[float, float] = TIMEOUT_S
    whole_s: float = WHOLE_S

    def get(self, path: str, *, params: Mapping[str, str] | None = None) -> Answer:
        """GET below the base address, or an absolute address of the same host (a next page)."""
        return self._send("GET", path, params=params)

    def send(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send JSON or bytes; raises ConnectorError for every answer but 2xx."""
        return self._send(method, path, json=json, body=body, headers=headers)

    def _send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: object = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        url = self._url(path)
        try:
            with Deadline(self.whole_s) as deadline, _session() as session, session.request(
                method, url, params=params, json=json, data=body, headers={**self.headers, **(headers or {})},
                auth=self.auth, timeout=self.timeout_s, allow_redirects=False, stream=True,
            ) as response:  # fmt: skip
                answer = Answer(response.status_code, _lower(response.headers), _bounded(response))
                if deadline.passed:  # without a length a body that was cut off looks whole
                    raise requests.ReadTimeout
        except requests.RequestException as error:
            said = f"not done after {self.whole_s:g} s" if deadline.passed else type(error).__name__
            raise self._error(f"{method} {url}: {said}", permanent=_hopeless(error)) from error
        if 200 <= answer.status < 300:
            return answer
        raise self._refused(method, url, answer)

    def _url(self, path: str) -> str:
        if not path.startswith(("http://", "https://")):
            return f"{self.base_url.rstrip('/')}/{path.lstrip('/')}"
        # A next page on another host would carry our credentials to a stranger.
        if urlsplit(path)[:2] != urlsplit(self.base_url)[:2]:
            raise self._error(f"the peer points to another host: {path}", permanent=True)
        return path

    def _refused(self, method: str, url: str, answer: Answer) -> ConnectorError:
        permanent = answer.status < 500 and answer.status not in TEMPORARY
        said = answer.body[:200].decode("utf-8", "replace")
        error = self._error(f"{method} {url}: {answer.status} {said}", permanent=permanent, status=answer.status)
        error.retry_after_s = retry_after_s(answer.headers.get("retry-after"), sent_at=answer.headers.get("date"))
        return error

    def _error(self, message: str, *, permanent: bool, status: int | None = None) -> ConnectorError:
        return ConnectorError(redact(message, secrets=self._hidden()), permanent=permanent, status=status)

    def _hidden(self) -> list[str]:
        sent = [value.removeprefix("Bearer ") for name, value in self.headers.items() if name.lower() != "content-type"]
        return [*self.secrets, *sent, *(self.auth or ())]


class _Plain(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return watched(super()._new_conn())


class _Tls(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return watched(super()._new_conn())


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _Tls


class _WatchedAdapter(HTTPAdapter):
    def init_poolmanager(self, *words: Any, **named: Any) -> None:
        super().init_poolmanager(*words, **named)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    for scheme in ("http://", "https://"):
        session.mount(scheme, _WatchedAdapter())
    return session


def redact(message: str, *, secrets: Sequence[str]) -> str:
    """The message with every secret replaced, and without user and password in addresses."""
    for secret in secrets:
        if len(secret) >= 4:
            message = message.replace(secret, "***")
    return re.sub(r"(https?://)[^/@\s]+@", r"\1***@", message)


def retry_after_s(raw: str | None, *, sent_at: str | None) -> float | None:
    """The seconds that a Retry-After header asks for; a date is measured from the answer's own Date. None without one.

    At most an hour: a peer that names a year, or a number without end, is asked again all the same.
    """
    if not raw:
        return None
    if raw.strip().replace(".", "", 1).isdecimal():
        return min(float(raw), LONGEST_RETRY_S)
    try:
        asked = parsedate_to_datetime(raw) - parsedate_to_datetime(sent_at or "")
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(0.0, asked.total_seconds()), LONGEST_RETRY_S)


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _bounded(response: requests.Response) -> bytes:
    chunks, size = [], 0
    for chunk in response.iter_content(65536):
        size += len(chunk)
        if size > MAX_ANSWER_BYTES:
            raise ConnectorError(f"the peer's answer is larger than {MAX_ANSWER_BYTES} bytes", permanent=True)
        chunks.append(chunk)
    return b"".join(chunks)


def _hopeless(error: requests.RequestException) -> bool:
    return isinstance(
        error, requests.exceptions.InvalidURL | requests.exceptions.MissingSchema | requests.exceptions.InvalidSchema
    )
