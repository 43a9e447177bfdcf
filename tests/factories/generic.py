"""Orders as our own JSON, for tests that begin with the bytes."""

from __future__ import annotations

import json
from typing import Any

from oms.db import new_id
from oms.intake.inbox import NewMessage


def order_json(number: str, *, sku: str = "TEA", qty: str = "2", **given: Any) -> dict[str, Any]:
    """A paid order of `qty` at 10.00."""
    total = f"{10 * float(qty):.2f}"
    order: dict[str, Any] = {
        "channel_order_id": number,
        "version": "2026-11-18T02:00:00Z",
        "placed_at": "2026-11-18T01:59:00Z",
        "currency": "CNY",
        "totals": {"shipping": "0.00", "tax": "0.00", "tax_included": True, "total": total, "paid": total},
        "payment": {"terms": "prepaid", "status": "paid"},
        "customer": {"name": "Li Lei", "email": "li.lei@example.com", "phone": "+8613800138000"},
        "ship_to": {
            "name": "Li Lei",
            "lines": ["科技园路1号"],
            "district": "南山区",
            "city": "深圳市",
            "region": "广东省",
            "postal_code": "518000",
            "country": "CN",
        },
        "lines": [{"line_ref": "1", "sku": sku, "name": "Tea", "qty": qty, "unit_price": "10.00"}],
    }
    return {**order, **given}


def message(order: dict[str, Any], *, event_id: str | None = None, **headers: str) -> NewMessage:
    """The order's bytes as a delivery of its own."""
    return NewMessage(event_id or str(new_id()), "webhook", json.dumps(order).encode(), headers)
