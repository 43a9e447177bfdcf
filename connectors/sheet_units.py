"""Words for what is counted that mean the same: `pcs` and `EA`, `boxes` and `BX`."""

from __future__ import annotations

#: What counts single pieces.
PIECES = frozenset(
    "ea each pc pcs piece pieces unit units item items stk stck stück stueck st u un pz pza pezzi pezzo pieza piezas pièce pièces pce stuks"
    " styck szt ks kpl db kom 个 個 件 只 支 枚 片 张 條 条 粒 颗".split()
)
_SHORT = {
    **dict.fromkeys("bx bxs boxes".split(), "box"),
    **dict.fromkeys("cs cse".split(), "case"),
    **dict.fromkeys("ct ctn ctns karton kartons".split(), "carton"),
    **dict.fromkeys("pk pkt pks packet packets".split(), "pack"),
    **dict.fromkeys("dz doz 打".split(), "dozen"),
    **dict.fromkeys("btl btls".split(), "bottle"),
    **dict.fromkeys("rl rls".split(), "roll"),
    **dict.fromkeys("pr prs 双".split(), "pair"),
    **dict.fromkeys("千克 公斤 kilo kilos kgm".split(), "kg"),
}


def same_unit(one: str, other: str) -> bool:
    """Whether two words count the same."""
    first, second = (word.casefold().strip(" .") for word in (one, other))
    return {first, second} <= PIECES or _plain(first) == _plain(second)


def _plain(word: str) -> str:
    return _SHORT.get(word, word).rstrip("s")
