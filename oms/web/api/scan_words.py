"""What a scan's answer tells the person who scanned, in their language: what is wrong and what to do."""

from __future__ import annotations

from flask_babel import get_locale

#: answer -> (English, simplified Chinese)
SCAN_ANSWERS: dict[str, tuple[str, str]] = {
    "ok": ("Right.", "正确。"),
    "unknown_code": (
        "Nobody knows this code: scan the barcode on the goods.",
        "未知条码：请扫描商品上的条码。",
    ),
    "wrong_sku": ("These goods are not wanted here: put them back.", "商品不符：请放回原处。"),
    "wrong_bin": ("Wrong bin: look for the bin on the list.", "库位不符：请核对拣货单上的库位。"),
    "too_many": ("More than is wanted: put the rest back.", "数量超出：请放回多余的商品。"),
    "not_yours": ("Another person works on this list.", "该任务由他人执行。"),
}


def told(answer: str) -> str:
    """The words for an answer in the caller's language."""
    en, zh = SCAN_ANSWERS[answer]
    return zh if str(get_locale()).startswith("zh") else en
