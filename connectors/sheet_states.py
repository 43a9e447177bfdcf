"""What a status column of a sheet says: which rows are orders, and which words only a person can tell from a cancellation."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from connectors.base import Kind, Problem
from connectors.headers import normal, without_accents
from connectors.problems import problem
from connectors.sheet_lines import Reading, row_problem
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
#: Goods have left; at the beginning, so that `not shipped` and `to be delivered` say nothing of it.
_SENT = re.compile(
    r"(?:partially|partly|already|order)?(?:shipped|dispatched|despatched|fulfilled|delivered|intransit|outfordelivery)"
    r"|(?:order)?completed?$|(?:teil)?(?:versendet|versandt|verschickt|ausgeliefert|geliefert|zugestellt)"
    r"|(?:expedie|livre|envoye)e?s?$|(?:enviad|entregad|despachad)[oa]|(?:spedit|consegnat|evas)[oa]|verzonden|geleverd|skickad|levererad|afsendt|leveret"
    r"|wys[lł]an|dostarczon|zrealizowan|отправлен|доставлен"
    r"|(?:卖家|订单)?(?:已发货|部分发货|全部发货|已出库|已揽收|运输中|配送中|派送中|待收货|等待买家确认|已签收|已收货|已送达|已妥投|交易成功|交易完成|已完成$)|発送済|出荷済"
)
#: What the column of the sending alone says so.
_PARTLY = frozenset("partial partially 部分".split())
#: Fields of the columns that say how an order stands.
_STATUSES = ("status", "status.second", "status.third")
_OF_SENDING = ("status.sent", "sent_at", "lines.qty_sent")
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


def said_of(rows: Sequence[Row], values: Mapping[str, str], reading: Reading) -> list[tuple[Row | None, str]]:
    """What the status cells of one order say by row, of several in a row that which says most against it; else what a label says."""
    names = [name for name in _STATUSES if name in reading.columns]
    ended = [_day_of_end(row, reading) for row in rows] if "cancelled_at" in reading.columns else [""] * len(rows)
    # Shopify's export has what is the order's on its first row alone.
    is_whole = all(ended) or normal(reading.head("lines.qty")) == "lineitemquantity"
    told: list[tuple[Row | None, str]] = []
    for row, day in zip(rows, ended, strict=True):
        own = ["cancelled" if is_whole else f"cancelled at {day}"] if day else []
        told += [(row, text) for text in _strongest([*own, *(reading.cell(row, name) for name in names)])]
    return told or [(None, text) for text in _strongest([values.get(name, "") for name in _STATUSES])]


def has_left(rows: Sequence[Row], values: Mapping[str, str], reading: Reading) -> bool:
    """Whether the sheet says of any row that its goods were sent, in words, by a day or by a quantity."""
    names = [name for name in (*_STATUSES, *_OF_SENDING) if name in reading.columns]
    told = ({name: reading.cell(row, name) for name in names} for row in rows) if names else ()
    return _says_sent(values) or any(map(_says_sent, told))


def calls_them_sent(name: str) -> bool:
    """Whether the name of a sheet says that its goods have left: `Shipped`, 已发货."""
    return bool(_SENT.match(word(name)))


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


def _strongest(texts: Sequence[str]) -> list[str]:
    """Of several words the one that ends an order, else one that may, else the first; none where all are empty."""
    told = [text for text in texts if text]
    return [min(told, key=lambda text: (word(text) not in KINDS, not may_end(text)))] if told else []


def _day_of_end(row: Row, reading: Reading) -> str:
    text = reading.cell(row, "cancelled_at")
    return text if _has_day(text) else ""


def _has_day(text: str) -> bool:
    return any(map(str.isdigit, text)) and bool(text.strip("0 -"))


def _says_sent(told: Mapping[str, str]) -> bool:
    sending = told.get("status.sent", "")
    return (
        any(_SENT.match(word(told.get(name, ""))) for name in (*_STATUSES, "status.sent"))
        or word(sending) in _PARTLY
        or _has_day(told.get("sent_at", ""))
        or bool(re.search("[1-9]", told.get("lines.qty_sent", "")))
    )


def _doubt(row: Row | None, text: str) -> Problem:
    where = f"row {row.number}: " if row else ""
    message = f"{where}status {text[:60]!r} may mean that the order does not hold; write cancelled, or open"
    return problem("status_unknown", "status", message)
