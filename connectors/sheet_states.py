"""What a status column of a sheet says: which rows are orders, and which words only a person can tell from a cancellation."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from connectors.base import Kind, Problem
from connectors.headers import without_accents
from connectors.problems import problem
from connectors.sheet_lines import row_problem
from connectors.tables import Row

#: Words of a status column -> what the row is; any other word that ends no order is an order.
KINDS: dict[str, Kind] = {
    **dict.fromkeys(
        "cancelled canceled cancel cancellation ordercancelled ordercanceled cancelledorder canceledorder cancelledbybuyer canceledbybuyer"
        " cancelledbycustomer canceledbycustomer cancelledbyseller canceledbyseller voided void annulled storno storniert stornierung"
        " auftragstorniert bestellungstorniert annulliert annule annulee commandeannulee annullato annullata ordineannullato cancelado cancelada"
        " pedidocancelado anulado anulada pedidoanulado geannuleerd annulleret annullert annullerad anulowane anulowano anulowany"
        " zruseno stornovano peruttu peruutettu отменен отменено"
        " 已取消 取消 订单取消 订单已取消 已取消订单 取消订单 买家取消 买家已取消 客户取消 客户已取消 交易取消 交易已取消 已关闭 订单关闭 订单已关闭"
        " 交易关闭 交易已关闭 作废 已作废 訂單取消 訂單已取消 キャンセル".split(),
        Kind.CANCELLATION,
    ),
    **dict.fromkeys("draft quote quotation cart basket proposal 草稿 报价 报价单 购物车 未提交".split(), Kind.DRAFT),
    **dict.fromkeys("test testorder 测试 测试单 测试订单".split(), Kind.TEST),
}
#: What may end an order, or stop it: goods under such a word are not sent before a person has looked.
_MAY_END = re.compile(
    r"cancel|cancl|annul|anul|storn|^void|kansell|kancel|makuler|avbrut|peruut|perutt|zrusen|iptal|отмен|аннул|キャンセル|취소"
    r"|(?<!未)(?<!无)(?<!没有)(?<!申请)(?:取消|关闭|關閉|退款|退货|退貨|作废|作廢|撤销|撤銷)|(?<!未)(?<!没有)申请(?:取消|退款|退货)"
    r"|撤回|暂停|冻结|拒绝"
    r"|refund|^return|rembours|reembols|rimbors|erstatt|reject|declin|abgelehnt|refus|rechaz|rifiut|withdraw|revok|widerruf"
    r"|onhold|suspend|donotship|^closed$|^hold$|^stop"
)
#: Names of sheets are short, and may be those of goods: `Stopcocks`, `Suspended lamps`.
_SHEET_OF_ENDED = re.compile(
    r"cancel|annull|annule|anulad|^storn|取消|作废|退款|退货|^returns?$|^refunds?$|^rejected$|^void(?:ed)?$"
)


def word(text: str) -> str:
    """A status word in the form of the tables: small letters without accents, spaces and hyphens."""
    return re.sub(r"[\s_-]", "", without_accents(unicodedata.normalize("NFKC", text).casefold()))


def may_end(text: str) -> bool:
    """Whether these words end or stop an order, or speak of it: `Cancelled by buyer on 3 May`, `退款中`."""
    said = word(text)
    return KINDS.get(said) is Kind.CANCELLATION or bool(_MAY_END.search(said))


def calls_them_ended(name: str) -> bool:
    """Whether the name of a sheet says that its orders do not hold: `Cancelled`, 退款."""
    said = word(name)
    return KINDS.get(said) is Kind.CANCELLATION or bool(_SHEET_OF_ENDED.search(said))


def kind_of(told: Sequence[tuple[Row | None, str]]) -> tuple[Kind, list[Problem]]:
    """The kind that the status cells of one order name together; a row is None where a label says it."""
    kinds = [KINDS.get(word(text), Kind.ORDER) for _, text in told]
    if kinds and len(set(kinds)) == 1 and kinds[0] is not Kind.ORDER:
        return kinds[0], []
    # Some rows cancelled and others not is for a person to settle.
    differing = [
        row_problem(row, "status", f"says {text!r} while other rows of the order do not; send the rows that hold")
        for (row, text), kind in zip(told, kinds, strict=True)
        if row is not None and kind is not Kind.ORDER
    ]
    doubted = [
        (row, text) for (row, text), kind in zip(told, kinds, strict=True) if kind is Kind.ORDER and may_end(text)
    ]
    return Kind.ORDER, [*differing, *(_doubt(row, text) for row, text in doubted[:1])]


def _doubt(row: Row | None, text: str) -> Problem:
    where = f"row {row.number}: " if row else ""
    message = f"{where}status {text[:60]!r} may mean that the order does not hold; write cancelled, or open"
    return problem("status_unknown", "status", message)
