"""What people read for each code, in both languages (the vocabulary of the trade). A test proves it complete.

word("step_kind", "pick") -> "Pick" or "拣货"
"""

from __future__ import annotations

from collections.abc import Mapping

from oms.web.word_tables import Word
from oms.web.words_aftersales import AFTERSALES
from oms.web.words_floor import FLOOR
from oms.web.words_journey import JOURNEY
from oms.web.words_orders import ORDERS
from oms.web.words_outcomes import OUTCOMES
from oms.web.words_pages import PAGES
from oms.web.words_story import STORY

WORDS: Mapping[str, Mapping[str, Word]] = JOURNEY | ORDERS | FLOOR | AFTERSALES | PAGES | OUTCOMES | STORY


def word(axis: str, code: str | None, language: str) -> str:
    """The word for `code` on `axis`; a code without a word is shown as it is."""
    if not code:
        return ""
    found = WORDS[axis].get(code)
    return getattr(found, language, found.en) if found else code
