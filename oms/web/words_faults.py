"""What services refuse, in simplified Chinese: whole texts, and patterns for those that carry values."""

from __future__ import annotations

import re

from oms.web.word_tables import table

_TEXTS = {
    row.en: row.zh_Hans
    for row in table("""
    a | a decision needs its reason | 请填写理由
""").values()
}

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = ()


def told(fault: str, language: str) -> str:
    """A fault in that language; English where there is no translation."""
    if not language.startswith("zh"):
        return fault
    if fault in _TEXTS:
        return _TEXTS[fault]
    for pattern, chinese in _PATTERNS:
        found = pattern.fullmatch(fault)
        if found:
            return chinese.format(*found.groups())
    return fault
