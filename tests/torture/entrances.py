"""THE table of parsers of bytes from outside: what each is given, and good bytes to begin with.

An entrance may refuse (its own error, or an element that says so); it may not raise anything else, take over two
seconds, or grow.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

from connectors import json_bytes, paste, registry, signing
from connectors.base import ChannelConfig, ConnectorError, Received, SignatureInvalid, SignedChannel
from connectors.carriage import CarrierConfig
from connectors.channels.email import Email
from connectors.mail.thread import thread_of
from connectors.output import from_json
from tests.connectors import sheet_files
from tests.connectors.mails import mail
from tests.connectors.order_messages import MESSAGES
from tests.connectors.test_email_letters import PURCHASE_ORDER
from tests.connectors.test_email_shops import WOO_HTML, WOO_PLAIN
from tests.factories.generic import order_json
from tests.torture.entrance_answers import answers

NOW = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

_HEAD = ["PO", "SKU", "Qty", "Price", "Name", "Phone", "Address"]
_ROWS: list[list[Any]] = [
    _HEAD,
    ["PO-1", "TEA-1", 2, 10.5, "王小明", "13800138000", "广东省深圳市南山区科技园路1号"],
    ["PO-2", "CUP-1", 1, 5, "Ann Lee", "+49 30 901820", "Hauptstr. 5, 10115 Berlin, DE"],
]
_CSV = "\n".join(",".join(f'"{cell}"' for cell in row) for row in _ROWS)
PASTES = (
    "王小明 13800138000 广东省深圳市南山区科技园路1号 TEA-1 x2, CUP-1 1个",
    "收件人: 张三\n电话: 010-62781234 转 8\n地址: 北京市海淀区中关村大街1号\n我要 3 箱 ABC-123, 单价 ￥12.50",
    "Ann Lee, 221B Baker Street, London NW1 6XE, UK, +44 20 7946 0958, ann@lee.example: 2 x TEA-1 @ 10.00, 1 CUP-1",
)
SCAN = {
    "type": "tracking.updated",
    "data": {
        "waybill_number": "SB1", "status": "DEPARTED_HUB", "at": "2026-11-18T01:00:00+08:00", "place": "深圳", "signed_by": None,
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entrance:
    """`read` takes any bytes; `good` are bytes that it reads."""

    read: Callable[[bytes], None]
    good: Sequence[bytes]


def _translate(source: str, body: bytes) -> None:
    config = ChannelConfig("my-channel", source, settings={"country": "CN"})
    for _order, shape in registry.read(config, Received(body, {"x-filename": "a.csv"}, "my-channel")):
        # What is kept must be storable and be read back.
        printed = json.dumps(shape, ensure_ascii=False).encode("utf-8")
        assert b"\\u0000" not in printed, "NUL reaches the database"
        from_json(json.loads(printed))


def _knock(source: str, raw: bytes) -> None:
    """The bytes are the body and stand in each header that the channel looks at."""
    channel = registry.channel_for(ChannelConfig("my-channel", source))
    assert isinstance(channel, SignedChannel)
    word = raw[:2000].decode("latin-1")
    names = ("webhook-id", "webhook-timestamp", "webhook-signature", "x-shopify-hmac-sha256", "x-shopify-event-id")
    more = (
        "x-shopify-webhook-id",
        "x-shopify-topic",
        "x-wc-webhook-signature",
        "x-wc-webhook-delivery-id",
        "x-wc-webhook-topic",
    )
    message = Received(raw, dict.fromkeys((*names, *more), word), "my-channel")
    channel.is_ping(message)
    channel.event_id(message)
    with suppress(SignatureInvalid):
        channel.verify(message, secrets=[SECRET, "s3cret"], at=NOW)
        raise AssertionError("a signature made of the bytes themselves holds")


def _sign_then_change(raw: bytes) -> None:
    """The right signature over other bytes is none."""
    headers = signing.sign_standard(raw, message_id="m-1", at=NOW, secret=SECRET)
    signing.verify_standard(raw, headers=headers, secrets=[SECRET], at=NOW)
    for other in (raw + b" ", raw[:-1] + b"\x00\x00", b""):
        if other != raw:
            with suppress(SignatureInvalid):
                signing.verify_standard(other, headers=headers, secrets=[SECRET], at=NOW)
                raise AssertionError("a signature holds over other bytes")


def _scan(raw: bytes) -> None:
    carrier = registry.carrier_for(CarrierConfig("sandbox", "sandbox", base_url="http://127.0.0.1:9", api_key="k"))
    with suppress(ConnectorError):
        carrier.parse_tracking(Received(raw, {}))


def _json(raw: bytes) -> None:
    with suppress(json_bytes.Unreadable):
        json_bytes.parse(raw)


def _thread(raw: bytes) -> None:
    thread_of(raw)
    Email(ChannelConfig("post", "email")).event_id(Received(raw))


def _paste(raw: bytes) -> None:
    paste.parse_paste(raw.decode("utf-8", "replace"), country="CN")


@cache
def entrances() -> dict[str, Entrance]:
    """Name -> entrance; a test holds that no channel and no carrier of the registry is forgotten."""
    own = [json.dumps(make()).encode() for make in MESSAGES.values()] + [json.dumps(order_json("N-1")).encode()]
    mails = _mails()
    told = {"email": mails, "sheet": _sheets(), "phone": [*_texts(), own[-1]], "im": [*_texts(), own[-1]]}
    found = {
        f"translate {source}": Entrance(
            partial(_translate, source), told.get(source) or [json.dumps(MESSAGES[source]()).encode(), *own]
        )
        for source in registry.CHANNELS
    }
    found |= {f"knock {source}": Entrance(partial(_knock, source), [*own, b"t=1,v1=abc"]) for source in MESSAGES}
    found |= {name: Entrance(read, good) for name, (read, good) in answers().items()}
    return found | {
        "signature": Entrance(_sign_then_change, own),
        "scan of carrier sandbox": Entrance(_scan, [json.dumps(SCAN).encode()]),
        "json": Entrance(_json, own),
        "thread of a mail": Entrance(_thread, mails),
        "paste": Entrance(_paste, _texts()),
    }


def _texts() -> list[bytes]:
    return [text.encode() for text in PASTES]


def _sheets() -> list[bytes]:
    return [_CSV.encode(), _CSV.replace(",", "\t").encode("utf-16"), _CSV.encode("gb18030"), sheet_files.xlsx(_ROWS),
            sheet_files.xlsx(_ROWS), sheet_files.ods(_ROWS), sheet_files.xls()]  # fmt: skip


def _mails() -> list[bytes]:
    return [
        mail("Purchase order PO-4711", PURCHASE_ORDER),
        mail("[Store]: New order #124", WOO_PLAIN, html=WOO_HTML),
        mail("PO attached", "see attached", files={"po.csv": _CSV.encode(), "po.xlsx": sheet_files.xlsx(_ROWS)}),
        mail("采购单", PASTES[1], sender="=?utf-8?B?5byg?= <z@x.example>"),
    ]
