"""Refusals are told in the page's language, with their values."""

from __future__ import annotations

import pytest

from oms.web.words_faults import _rows, told


@pytest.mark.parametrize(
    ("fault", "chinese"),
    [
        ("say why", "请说明理由"),
        ("weighed 900 g, its goods should weigh 720 g", "称重 900 克，应为 720 克"),
        ("fulfilment FO-1 is packed: there is nothing to pack", "发货单 FO-1 状态为 packed，无需打包"),
        ("a text that nobody has put into words", "a text that nobody has put into words"),
    ],
)
def test_a_refusal_is_told_in_chinese_with_its_values(fault, chinese):
    assert told(fault, "zh_Hans") == chinese
    assert told(fault, "en") == fault


def test_every_row_takes_in_as_many_values_as_it_matches():
    assert [english for english, chinese in _rows() if english.count("*") != chinese.count("*")] == []
