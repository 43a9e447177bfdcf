"""Sets of a WooCommerce order: which line is only the heading of others, which are what is sent.

WooCommerce's own bundles and composites say so on the line; other plugins in its hidden meta data, by a key that the parts repeat.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from connectors.fields import Node, identity, nodes

_BY_ID = ("composite_parent", "bundled_by")
#: What a part says of its set -> where the set has the same key: Product Bundles, YITH Product Bundles, Composite, Mix and Match.
_BY_KEY: dict[str, tuple[str, ...]] = {
    "_bundled_by": ("_bundle_cart_key", "_yith_bundle_cart_key"),
    "_composite_parent": ("_composite_cart_key",),
    "_mnm_container": ("_mnm_cart_key",),
}
#: A part names the product of its set, WPC Product Bundles; or a key that the set lacks, YITH's free version.
_WPC_PART, _WPC_SET = "_woosb_parent_id", "_woosb_ids"
_YITH_PART, _YITH_SET = "_bundled_by", "_cartstamp"
_PARTS = (*_BY_KEY, _WPC_PART)
_TELLING = frozenset({*_PARTS, _WPC_SET, _YITH_SET, *(key for keys in _BY_KEY.values() for key in keys)})

Meta = Mapping[str, str]


def containers(items: Sequence[Node]) -> frozenset[str]:
    """The ids of lines that head a set whose parts are lines of their own."""
    found = {identity(item.get(name)) for item in items for name in _BY_ID}
    metas = [_meta(item) for item in items]
    told = {(part, meta[part]) for meta in metas for part in _PARTS if part in meta}
    if told:
        sets = _sets(items, metas)
        found |= {
            identity(item.get("id"))
            for item, meta in zip(items, metas, strict=True)
            if _is_named(meta, told) or _heads_wpc(item, meta, told, sets) or _heads_yith(meta, metas)
        }
    return frozenset(id_ for id_ in found if id_ is not None and id_ != "0")


def _meta(item: Node) -> Meta:
    """The entries of the line that speak of sets, as text; what is a list of its own only stands there."""
    entries = [(str(entry.get("key")), entry.get("value")) for entry in nodes(item.get("meta_data"))]
    return {key: identity(value) or "listed" for key, value in entries if value and key in _TELLING}


def _is_named(meta: Meta, told: Set[tuple[str, str]]) -> bool:
    """Whether a line names this one's key as that of its set."""
    return any((part, meta[key]) in told for part, keys in _BY_KEY.items() for key in keys if key in meta)


def _sets(items: Sequence[Node], metas: Sequence[Meta]) -> frozenset[str | None]:
    return frozenset(
        identity(item.get("product_id")) for item, meta in zip(items, metas, strict=True) if _WPC_SET in meta
    )


def _heads_wpc(item: Node, meta: Meta, told: Set[tuple[str, str]], sets: frozenset[str | None]) -> bool:
    if _WPC_SET not in meta or _WPC_PART in meta:
        return False
    parents = {key for part, key in told if part == _WPC_PART}
    # A translated shop has a product of its own in each language: where no number fits, the set is taken by its list.
    return bool(parents) and (identity(item.get("product_id")) in parents or not sets & parents)


def _heads_yith(meta: Meta, metas: Sequence[Meta]) -> bool:
    if _YITH_SET not in meta or _YITH_PART in meta:
        return False
    keys = {other[key] for other in metas for key in _BY_KEY[_YITH_PART] if key in other}
    return any(_YITH_PART in other and other[_YITH_PART] not in keys for other in metas)
