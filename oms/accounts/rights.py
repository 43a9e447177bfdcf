"""THE table of rights: which role may do what (G-1). Pure; what is not listed is denied.

Every route names one of these rights (`oms/web/auth.py`); a test walks routes x roles. A change here
is reviewed like a change of the rulebook. Who asks may not approve: services compare the actors.
"""

from __future__ import annotations

from collections.abc import Iterable

#: Two words that stand where a right stands: no sign-in needed, and any signed-in person or key.
ANYONE, SIGNED_IN = "anyone", "signed_in"
OPEN = frozenset({ANYONE, SIGNED_IN})

ROLES: tuple[str, ...] = (
    "order_specialist",
    "order_manager",
    "customer_service",
    "warehouse",
    "shipping_clerk",
    "buyer",
    "quality_inspector",
    "finance",
    "general_manager",
    "hr",
    "sales_rep",
    "auditor",
    "distributor",
    "admin",
)

#: Who is not of the house and sees one channel only.
OUTSIDE = "distributor"

_OFFICE = "order_specialist order_manager customer_service finance general_manager"
_FLOOR = "warehouse shipping_clerk"
_HOUSE = f"{_OFFICE} {_FLOOR} buyer quality_inspector hr sales_rep auditor admin"

RIGHTS: dict[str, frozenset[str]] = {
    right: frozenset(roles.split())
    for right, roles in {
        # worklists: everyone in the house sees the steps of their own roles
        "worklist.read": _HOUSE,
        "step.take": f"{_OFFICE} {_FLOOR} buyer quality_inspector",
        "step.assign": "order_manager general_manager admin",
        "parked.read": "order_manager general_manager auditor admin",
        "parked.retry": "order_manager admin",
        # intake
        "order.enter": "order_specialist order_manager sales_rep distributor",
        "message.read": "order_specialist order_manager auditor admin",
        "message.review": "order_specialist order_manager",
        # orders
        "order.read": f"{_HOUSE} distributor",
        "order.change": "order_specialist order_manager customer_service distributor",
        "order.change_decide": "order_manager general_manager",
        "order.review": "order_specialist order_manager",
        "order.final_review": "order_manager general_manager",
        "order.finance_review": "finance",
        # refusing an order for good (V-5); the deputy holds the role in the general manager's absence
        "order.reject": "general_manager",
        "order.sample": "order_manager",
        "payment.record": "finance",
        "hold.read": f"{_OFFICE} {_FLOOR} buyer sales_rep auditor admin",
        # the decision itself asks for the right of its kind of review
        "hold.decide": "order_specialist order_manager finance general_manager",
        "customer.read": f"{_OFFICE} sales_rep auditor",
        "customer.change": "order_specialist order_manager customer_service",
        # goods
        "sku.read": f"{_HOUSE} distributor",
        "sku.change": "order_manager buyer admin",
        "stock.read": f"{_OFFICE} {_FLOOR} buyer quality_inspector sales_rep auditor admin distributor",
        "stock.change": "warehouse buyer",
        "supply.read": "order_specialist order_manager warehouse buyer general_manager auditor",
        "supply.work": "buyer",
        # the floor
        "wave.read": "order_manager warehouse shipping_clerk general_manager auditor",
        "wave.plan": "order_manager warehouse",
        "pick": "warehouse",
        "pack": "warehouse",
        "put_back": "warehouse",
        # the carrier
        "parcel.read": f"{_OFFICE} {_FLOOR} sales_rep auditor distributor",
        "book": "shipping_clerk",
        "hand_over": "shipping_clerk warehouse",
        # after-sales
        "ticket.read": f"{_OFFICE} quality_inspector shipping_clerk sales_rep auditor",
        "ticket.open": "order_specialist customer_service sales_rep distributor",
        "ticket.work": "customer_service order_specialist",
        "return.read": f"{_OFFICE} warehouse quality_inspector auditor",
        "return.request": "order_specialist customer_service distributor",
        "return.work": "customer_service",
        "return.receive": "warehouse quality_inspector",
        "return.inspect": "quality_inspector",
        "refund.read": "customer_service order_manager finance general_manager auditor",
        "refund.request": "customer_service",
        "refund.approve": "order_manager general_manager",
        "refund.pay": "finance",
        # papers, history, figures
        "document.read": f"{_OFFICE} {_FLOOR} auditor",
        # labels and packing slips name the buyer: for who packs and hands over, and who may see private data anyway
        "parcel.paper": f"{_FLOOR} order_specialist order_manager customer_service finance",
        "history.read": "order_specialist order_manager customer_service general_manager auditor",
        "private.read": "order_specialist order_manager customer_service shipping_clerk finance",
        "kpi.read": f"{_OFFICE} {_FLOOR} buyer hr auditor",
        "kpi.person": "order_manager general_manager hr auditor",
        "error.record": "order_manager customer_service warehouse quality_inspector",
        # the house itself
        "settings.read": "order_manager general_manager auditor admin",
        "settings.change": "order_manager general_manager admin",
        "staff.read": "order_manager general_manager hr auditor admin",
        "staff.change": "admin",
        "key.change": "admin",
        "metrics.read": "admin auditor",
    }.items()
}


#: Kind of a stored paper -> the right to read it. Every other kind, such as a confirmation, tells who buys and where they live.
PAPERS = {"hand_over_list": "document.read", "label": "parcel.paper", "label_zpl": "parcel.paper"}


def to_read(kind: str) -> str:
    """The right that a stored paper of this kind needs (D-3)."""
    return PAPERS.get(kind, "private.read")


def may(roles: Iterable[str], right: str) -> bool:
    """Whether one of `roles` holds `right`; an unknown right is nobody's."""
    if right in OPEN:
        return True
    return not RIGHTS.get(right, frozenset()).isdisjoint(roles)


#: The rights whose routes look at the channel of who asks. A key of one channel has no other, whatever its roles are: what else
#: there is to see or to do is the whole house's.
OF_ONE_CHANNEL = frozenset(
    """order.enter order.read order.change message.read message.review history.read private.read sku.read stock.read
    parcel.read ticket.open return.request""".split()
)


def rights_of(roles: Iterable[str]) -> frozenset[str]:
    """Every right that one of `roles` holds."""
    held = frozenset(roles)
    return frozenset(right for right, granted in RIGHTS.items() if not granted.isdisjoint(held))


def unknown_roles(roles: Iterable[str]) -> list[str]:
    """The names among `roles` that are no role."""
    return sorted(set(roles).difference(ROLES))
