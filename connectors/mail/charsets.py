"""Bytes to text: the declared character set where it holds, else UTF-8, GB 18030, Latin-1."""

from __future__ import annotations

import re

#: Codecs a mail may ask for; others ("punycode", "unicode_escape") cost time or do more than read text.
_ALLOWED = re.compile(
    r"utf-?(8|16|16le|16be)(-sig)?|us-ascii|ascii|latin-?1|iso-?8859-?\d{1,2}|(windows|cp)-?125\d|cp(437|850|866|932|936|949|950)"
    r"|koi8-[ru]|big5(-?hkscs)?|gb_?2312(-80)?|gbk|gb-?18030|hz-gb-2312|euc-(jp|kr|cn)|shift[_-]jis|iso-2022-(jp|kr)"
    r"|tis-620|macintosh|mac-?roman"
)
#: Chinese senders declare the old set and write characters of the new one.
_WIDER = {"gb2312": "gb18030", "gb_2312": "gb18030", "gbk": "gb18030", "gb_2312-80": "gb18030", "cp936": "gb18030"}
_WIDER |= {"euc-cn": "gb18030", "gb-18030": "gb18030", "hz-gb-2312": "hz", "us-ascii": "utf-8", "ascii": "utf-8"}
_WIDER |= {"utf8": "utf-8", "iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "macintosh": "mac-roman"}
_GUESSES = ("utf-8", "gb18030")


def decode(raw: bytes, charset: str | None) -> str:
    """Text of the bytes; never raises. NUL and other control characters but line ends and tabs are dropped."""
    for name in (*_declared(charset, raw), *_GUESSES):
        text = _strict(raw, name)
        if text is not None:
            return clean(text)
    return clean(raw.decode("latin-1"))


def clean(text: str) -> str:
    """The text without control characters, byte order marks and zero-width space; line ends are LF."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.translate(_DROPPED)


_DROPPED: dict[int, str | None] = {
    **{code: None for code in range(32) if chr(code) not in "\n\t"},
    **dict.fromkeys((0x7F, 0xFEFF, 0x200B, 0x200C, 0x200D, 0x2060, 0xAD)),
    0xA0: " ",
    0x202F: " ",
    0x3000: " ",
}


def _declared(charset: str | None, raw: bytes) -> tuple[str, ...]:
    name = (charset or "").strip().strip("'\"").lower()
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ("utf-16",)
    if not _ALLOWED.fullmatch(name):
        return ()
    return (_WIDER.get(name, name),)


def _strict(raw: bytes, name: str) -> str | None:
    try:
        return raw.decode(name)
    except (UnicodeDecodeError, LookupError):
        return None
