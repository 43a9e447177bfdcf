"""What a deploy sets, read once from the environment; every fault is reported together.

Business numbers are not here: they are policy values (`oms/journey/policy.py`).
A secret may come from a file: `OMS_SECRET_KEY_FILE` names it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from oms.errors import SettingsInvalid


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table: variable, default (None: required), what it is, and its check."""

    name: str
    default: str | None
    about: str
    check: Callable[[str], str | None]


def _any(value: str) -> str | None:
    return None


def _zone(value: str) -> str | None:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError):
        return "is no time zone name such as Asia/Shanghai"
    return None


def _url(*schemes: str) -> Callable[[str], str | None]:
    def check(value: str) -> str | None:
        if urlsplit(value).scheme in schemes:
            return None
        return f"must start with {' or '.join(s + '://' for s in schemes)}"

    return check


def _secret(value: str) -> str | None:
    if len(value) < 32 or value.lower().startswith(("change", "secret", "placeholder")):
        return "must be at least 32 random characters"
    return None


def _keys(value: str) -> str | None:
    for part in value.split(","):
        key_id, _, key = part.partition(":")
        if not key_id.isdigit() or not 0 < int(key_id) < 256 or len(key) != 64 or not _is_hex(key):
            return "must be `1:<64 hex digits>[,2:<64 hex digits>...]`, the newest first"
    return None


def _is_hex(text: str) -> bool:
    return all(c in "0123456789abcdefABCDEF" for c in text)


def _one_of(*choices: str) -> Callable[[str], str | None]:
    return lambda value: None if value in choices else f"must be one of {', '.join(choices)}"


def _number(low: int, high: int) -> Callable[[str], str | None]:
    def check(value: str) -> str | None:
        if value.isdigit() and low <= int(value) <= high:
            return None
        return f"must be a whole number from {low} to {high}"

    return check


TABLE: tuple[Setting, ...] = (
    Setting("OMS_DATABASE_URL", None, "PostgreSQL 15 or later", _url("postgresql", "postgresql+psycopg")),
    Setting("OMS_REDIS_URL", None, "Redis 6.2 or later, the doorbell only", _url("redis", "rediss", "unix")),
    Setting("OMS_SECRET_KEY", None, "signs sessions and one-time links", _secret),
    Setting("OMS_ENCRYPTION_KEYS", None, "encrypts private data, newest first", _keys),
    Setting("OMS_INDEX_KEY", None, "keys the hashes by which private data is searched", _secret),
    Setting("OMS_BASE_URL", "http://127.0.0.1:8000", "where people reach the pages", _url("http", "https")),
    Setting("OMS_ORGANISATION", "Our company", "the name on documents", _any),
    Setting("OMS_ZONE", "Asia/Shanghai", "the organisation's time zone; days and months are cut in it", _zone),
    Setting("OMS_COUNTRY", "CN", "the organisation's country, for holidays and phone numbers", _any),
    Setting("OMS_LANGUAGE", "en", "default language of pages and papers", _one_of("en", "zh_Hans")),
    Setting("OMS_ENVIRONMENT", "production", "production, demo or test", _one_of("production", "demo", "test")),
    Setting("OMS_BODY_LIMIT", "1048576", "largest webhook or API body in bytes", _number(1024, 104857600)),
    Setting("OMS_MAIL_FROM", "orders@example.com", "sender of our mails", _any),
    Setting(
        "OMS_SMTP_URL",
        "",
        "smtp://user:password@host:port; empty: mails wait",
        lambda v: _optional_url(v, "smtp", "smtps"),
    ),
    Setting(
        "OMS_IMAP_URL",
        "",
        "imap://user:password@host:port; empty: no mailbox is read",
        lambda v: _optional_url(v, "imap", "imaps"),
    ),
    Setting("OMS_PROXIES", "0", "how many proxies stand before us (X-Forwarded-*)", _number(0, 5)),
    Setting("OMS_LEASE_S", "30", "seconds before a silent worker's steps are taken over", _number(1, 600)),
)


def _optional_url(value: str, *schemes: str) -> str | None:
    return _url(*schemes)(value) if value else None


@dataclass(frozen=True, slots=True)
class Settings:
    """The deploy's choices, checked."""

    database_url: str
    redis_url: str
    secret_key: str
    encryption_keys: str
    index_key: str
    base_url: str
    organisation: str
    zone: str
    country: str
    language: str
    environment: str
    body_limit: int
    mail_from: str
    smtp_url: str
    imap_url: str
    proxies: int
    lease_s: int


_NUMBERS = {"body_limit", "proxies", "lease_s"}


def load(environ: Mapping[str, str]) -> Settings:
    """Read every setting; raise SettingsInvalid naming each wrong one, all at once."""
    values: dict[str, str | int] = {}
    faults: dict[str, str] = {}
    for row in TABLE:
        value, fault = _read(row, environ)
        field = row.name.removeprefix("OMS_").lower()
        values[field] = int(value) if field in _NUMBERS and not fault else value
        if fault:
            faults[row.name] = fault
    if faults:
        lines = "; ".join(f"{name} {fault}" for name, fault in faults.items())
        raise SettingsInvalid(f"settings are wrong: {lines}", fields=faults)
    return Settings(**values)  # type: ignore[arg-type]


def _read(row: Setting, environ: Mapping[str, str]) -> tuple[str, str | None]:
    value = environ.get(row.name)
    path = environ.get(f"{row.name}_FILE")
    if value is None and path:
        try:
            value = Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            return "", f"names a file that cannot be read ({error.strerror})"
    if value is None:
        value = row.default
    if value is None:
        return "", f"is not set: {row.about}"
    return value, row.check(value)
