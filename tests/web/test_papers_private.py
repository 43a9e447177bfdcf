"""Who may read which paper: what names the buyer is for those who need it, on every page and in every answer (D-3)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from oms import db
from oms.accounts.rights import ROLES
from oms.clock import zone_named
from oms.documents import store
from oms.documents.models import Document
from oms.documents.store import Paper
from oms.shipping import list_papers
from oms.verification import filing
from oms.web.words import WORDS
from tests.factories.day import make_day
from tests.factories.orders import ADDRESS, CONTACT
from tests.unit.papers import text_of
from tests.web.test_pages_roles import PAGES

PRIVATE = {"order_specialist", "order_manager", "customer_service", "shipping_clerk", "finance"}
AT_THE_PARCEL = PRIVATE | {"warehouse"}
#: Kind of paper -> who opens it.
READERS = {
    "confirmation": PRIVATE,
    "signed_confirmation": PRIVATE,
    "label": AT_THE_PARCEL,
    "label_zpl": AT_THE_PARCEL,
    "hand_over_list": AT_THE_PARCEL | {"general_manager", "auditor"},
}
HOUSE = [role for role in ROLES if role != "distributor"]
#: What tells who buys and where they live, as the factories write it.
TELLING = (CONTACT["name"], CONTACT["email"], CONTACT["phone"], ADDRESS["lines"][0])
LISTS = ("orders", "messages", "customers", "reviews", "steps", "supply-requests", "waves", "fulfilments",
         "hand-over-lists", "tickets", "returns", "refunds")  # fmt: skip


@pytest.fixture
def house(site) -> Any:
    """A day whose order to be signed has its confirmation on file, and one paper of each kind."""
    with site.transaction() as session:
        now = db.now(session)
        site.day = make_day(session, now)
        list_papers.file(session, list_id=site.day.shipped.hand_over_list_id, by="system", now=now)
        order_id = site.day.to_sign.id
        confirmed = filing.paper_of(session, order_id=order_id, organisation="OMS", zone=zone_named("UTC"), now=now)
        signed = Paper("order", order_id, "signed_confirmation", "Li Lei.pdf", b"%PDF- signed", order_id=order_id)
        store.put(session, papers=[signed], by="test", now=now)
        rows = session.execute(select(Document.kind, Document.id).order_by(Document.id)).all()
        site.papers = {row.kind: row.id for row in rows}
    site.printed = "".join(text_of(confirmed[1]))
    site.keys = {role: site.key(role) for role in ROLES}
    return site


def _get(house: Any, role: str, path: str) -> TestResponse:
    return house.app.test_client().get(path, headers=house.keys[role] | {"Accept-Language": "en"})


def test_a_confirmation_tells_who_buys_and_where_they_live(house):
    """Else the tests below would look for what is nowhere."""
    assert [told for told in TELLING if told not in house.printed] == []
    assert house.papers.keys() == READERS.keys() <= WORDS["document"].keys()


def test_a_paper_opens_for_those_who_need_what_it_tells(house):
    """A packer and the auditor read every confirmation with the buyer's name, phone and address."""
    told = {
        kind: {role: _get(house, role, f"/api/v1/documents/{paper}").status_code for role in ROLES}
        for kind, paper in house.papers.items()
    }
    wanted = {kind: {role: 200 if role in readers else 403 for role in ROLES} for kind, readers in READERS.items()}
    assert told == wanted


def test_labels_and_packing_slips_are_for_who_packs_and_hands_over(house):
    parcel = house.day.parcel
    slip = f"/api/v1/fulfilments/{parcel.fulfilment_id}/packing-slip.pdf"
    for path in (f"/api/v1/parcels/{parcel.number}/label.pdf", f"/api/v1/parcels/{parcel.number}/label.zpl", slip):
        told = {role: _get(house, role, path).status_code for role in ROLES}
        assert told == {role: 200 if role in AT_THE_PARCEL else 403 for role in ROLES}, path


def test_pages_link_to_no_paper_that_would_be_refused(house):
    for role in HOUSE:
        page = _get(house, role, f"/orders/{house.day.to_sign.number}").get_data(as_text=True)
        linked = {kind for kind, paper in house.papers.items() if f"/api/v1/documents/{paper}" in page}
        assert linked == ({"confirmation", "signed_confirmation"} if role in PRIVATE else set()), role
        parcel = _get(house, role, f"/parcels/{house.day.parcel.number}").get_data(as_text=True)
        shown = {name: name in parcel for name in ("packing-slip.pdf", "label.pdf", "label.zpl")}
        assert set(shown.values()) == {role in AT_THE_PARCEL}, role


def test_a_files_name_is_told_to_who_may_read_the_file(house):
    for role in HOUSE:
        told = _get(house, role, f"/api/v1/orders/{house.day.to_sign.number}").get_json()["documents"]
        names = {one["kind"]: one["name"] for one in told}
        assert names["signed_confirmation"] == ("Li Lei.pdf" if role in PRIVATE else "signed_confirmation"), role


def test_no_page_and_no_answer_names_a_buyer_to_who_needs_no_private_data(house):
    day = house.day
    one = [f"orders/{day.to_sign.number}", f"orders/{day.to_sign.number}/timeline", f"parcels/{day.parcel.number}",
           f"fulfilments/{day.to_pack.number}", f"waves/{day.wave.number}", f"tickets/{day.ticket_id}",
           f"returns/{day.return_id}", f"messages/{day.message_id}"]  # fmt: skip
    paths = [*(page.format(day=day) for page in PAGES), *(f"/api/v1/{name}" for name in (*LISTS, *one))]
    for role in (role for role in ROLES if role not in PRIVATE):
        answers = {path: _get(house, role, path) for path in paths}
        read = {path: answer.get_data(as_text=True) for path, answer in answers.items() if answer.status_code == 200}
        found = {path: [told for told in TELLING if told in text] for path, text in read.items()}
        assert {path: told for path, told in found.items() if told} == {}, role
        assert read
