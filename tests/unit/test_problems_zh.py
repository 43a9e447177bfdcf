"""What connectors complain of is told in Chinese to those who read Chinese: no sentence changes its language half way."""

from __future__ import annotations

import ast
import re

import pytest

from connectors.mail.cancelling import DOUBTS
from oms.verification import problems_zh, rules
from oms.verification.rule_table import JUDGED_ANEW
from tests.source_tree import ROOT

#: Their messages are shown nowhere: what was not read at all becomes no order, and the others are judged anew.
_UNTOLD = {*JUDGED_ANEW, "unreadable"}


def _text(node: ast.expr) -> str:
    """The message that stands there, with 7 for each value; empty for one that is made elsewhere."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else "7" for part in node.values]
        return "".join(map(str, parts))
    return ""


def _messages() -> dict[str, str]:
    found = {}
    for path in (ROOT / "connectors").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or len(node.args) < 3:
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            code, message = _text(node.args[0]), _text(node.args[2])
            if called in ("problem", "add") and code not in _UNTOLD and re.search("[a-z]{2}", message):
                found[message] = f"{path.name}:{node.lineno}"
    return found


def test_every_problem_that_a_connector_words_itself_is_told_in_chinese() -> None:
    messages = _messages() | dict.fromkeys(DOUBTS.values(), "cancelling.py")
    assert len(messages) > 25
    assert {text: place for text, place in messages.items() if problems_zh.in_chinese(text) == text} == {}


def test_every_row_takes_its_values_along() -> None:
    rows = problems_zh.rows()
    assert [english for english, chinese in rows if english.count("*") < chinese.count("*") or not chinese] == []


@pytest.mark.parametrize(
    ("message", "chinese"),
    [
        ("row 3: column 'Qty': 'ten' is not a number", "第 3 行：列 'Qty'：'ten' 不是数字"),
        ("'03/04/2026' could be two days; write it as YYYY-MM-DD", "'03/04/2026' 可能是两个日期，请写作 YYYY-MM-DD"),
        ("西湖区 lies in 杭州市, not in 深圳市", "西湖区 属于 杭州市，不属于 深圳市"),
        ("what nobody foresaw", "what nobody foresaw"),
        (f"not a date: {'x' * 600}", f"not a date: {'x' * 600}"),
    ],
)
def test_what_a_message_says_is_told_with_its_values(message: str, chinese: str) -> None:
    assert problems_zh.in_chinese(message) == chinese


def test_a_finding_speaks_one_language() -> None:
    told = rules.found(
        "status_unknown", "payment.status", detail="status 'foo' is unknown; look at the order in the shop"
    )
    assert told.zh == "渠道传来未知状态：请到渠道后台核对。状态 'foo' 未知，请到店铺核对"
    assert told.en.endswith("look at the order in the shop")
