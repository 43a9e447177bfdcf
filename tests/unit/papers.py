"""One of each paper, long and awkward on purpose, and what a reader of it can see and scan."""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pypdf
import pytest
import zxingcpp
from PIL import Image

from oms.documents.confirmation import ConfirmationDocument, ConfirmedLine, ConfirmedTotals
from oms.documents.hand_over_list import CarrierParcels, HandedOverParcel, HandOverListDocument
from oms.documents.packing_slip import PackedLine, PackingSlipDocument
from oms.documents.pick_list import PickLine, PickListDocument
from oms.money import Money

PDFTOPPM = shutil.which("pdftoppm")
NO_POPPLER = "NO PDFTOPPM: barcodes on papers were not read back (apt-get install poppler-utils)"
SHANGHAI = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
NAMES = (
    "Stainless steel vacuum flask 500 ml, matt black, with an infuser and a name that goes on and on",
    "不锈钢保温杯 500ml 磨砂黑 带茶隔 双层真空 车载便携 大容量礼盒装 企业定制LOGO",
    "Cable USB-C 2 m",
    "\U0001f642 mug \u0643\u0648\u0628 \u05db\u05d5\u05e1",
)
ADDRESS = ("王小明 / Wang Xiaoming", "上海市浦东新区张江镇博云路2号浦软大厦 3 楼 305 室", "201203", "CN")


def pick_list(count: int = 30, **changes: object) -> PickListDocument:
    lines = tuple(
        PickLine(
            stop=n + 1,
            bin=f"{'ABCD'[n % 4]}-{n // 4 + 1:02d}-{n % 5 + 1}",
            sku=f"SKU-{1000 + n}",
            name=NAMES[n % 4],
            qty=Decimal((1, 3, 120)[n % 3]),
            unit=("pc", "件")[n % 2],
            order_number=f"SO26-{10234 + n // 3}-7",
            barcode=f"69{n:011d}" if n % 2 else "",
            tote="ABCD"[n % 4],
        )
        for n in range(count)
    )
    given: dict[str, object] = {
        "number": "W-26-0001234",
        "warehouse": "上海仓 Shanghai",
        "carrier": "SF Express 顺丰速运",
        "cut_off_at": AT,
        "lines": lines,
        "length_mm": 184_300,
        "optimum_mm": 184_300,
        "s_shape_mm": 262_100,
        "printed_at": AT,
        "zone": SHANGHAI,
    }
    return PickListDocument(**(given | changes))  # type: ignore[arg-type]


def packing_slip(count: int = 28) -> PackingSlipDocument:
    return PackingSlipDocument(
        number="F-26-000881",
        order_number="SO26-10234-7",
        ordered_on=date(2026, 11, 20),
        sender=("Example Trading 示例贸易有限公司",),
        ship_to=ADDRESS,
        lines=tuple(
            PackedLine(f"SKU-{1000 + n}", NAMES[n % 4], Decimal(2), "件", Decimal(3), Decimal(n % 2))
            for n in range(count)
        ),
        packed_at=AT,
        packed_by="李娜",
        weight_g=2350,
        message="请放门卫。 \U0001f381",
        returns_text="七天无理由退货",
        returns_url="https://shop.example/returns/SO26-10234-7",
        zone=SHANGHAI,
    )


def confirmation(count: int = 24) -> ConfirmationDocument:
    return ConfirmationDocument(
        order_number="SO26-10234-7",
        ordered_on=date(2026, 11, 20),
        seller=("Example Trading 示例贸易有限公司",),
        customer=ADDRESS,
        deliver_to=ADDRESS,
        lines=tuple(
            ConfirmedLine(f"SKU-{n}", NAMES[n % 4], Decimal(4), "件", Decimal("0.0125"), Money(Decimal("12.50"), "CNY"))
            for n in range(count)
        ),
        totals=ConfirmedTotals(
            goods=Money(Decimal("1234.50"), "CNY"),
            total=Money(Decimal("1244.50"), "CNY"),
            shipping=Money(Decimal(10), "CNY"),
            tax=Money(Decimal("143.17"), "CNY"),
            paid=Money(Decimal("244.50"), "CNY"),
        ),
        expected_dispatch_on=date(2026, 11, 23),
        deliver_by=date(2026, 11, 26),
        payment_terms="预付 prepaid",
        terms="本订单经双方确认后生效。" * 40,
        sign_url="https://oms.example/c/9d3f7c1e5a7b4b6c8d1e2f3a4b5c6d7e8f9a0b1c",
        sign_until=AT,
        zone=SHANGHAI,
    )


def hand_over_list(count: int = 30) -> HandOverListDocument:
    parcels = tuple(
        HandedOverParcel(f"SF{1234567890000 + n}", f"P-26-{n:06d}", f"SO26-{10200 + n}-7", "广东 深圳市", 350 + n)
        for n in range(count)
    )
    groups = (CarrierParcels("顺丰速运", parcels, "标快"), CarrierParcels("ZTO", parcels[:2]))
    return HandOverListDocument("H-26-000045", "上海仓", AT, groups, our_signer="李娜", zone=SHANGHAI)


def text_of(pdf: bytes) -> list[str]:
    """What a reader or a search finds on each page."""
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def scanned(pdf: bytes) -> list[set[str]]:
    """Every barcode that a scanner reads from each printed page (200 dpi)."""
    if PDFTOPPM is None:
        pytest.skip(NO_POPPLER)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([PDFTOPPM, "-r", "200", "-gray", "-", f"{folder}/page"], input=pdf, check=True)
        pages = sorted(Path(folder).iterdir())
        return [{found.text for found in zxingcpp.read_barcodes(Image.open(page))} for page in pages]
