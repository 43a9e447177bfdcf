"""A signed page as a phone photographs it is larger than any order that a channel sends (I-4)."""

from __future__ import annotations

import io

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from oms import db
from oms.web.pages.order_actions import PAPER_BYTES
from tests.factories.day import Day, make_day
from tests.web.site import Site, post, token_in

MIB = 1024 * 1024


@pytest.fixture
def day(site) -> Day:
    with site.transaction() as session:
        return make_day(session, db.now(session))


def scan(content: bytes) -> FileStorage:
    return FileStorage(io.BytesIO(content), filename="scan.jpg")


def file(site: Site, day: Day, content: bytes):
    client, url = site.client("order_specialist"), f"/orders/{day.to_sign.number}"
    data = {"csrf_token": token_in(client.get(url)), "name": "Li Lei", "paper": scan(content)}
    boundary, body = encode_multipart(data)
    return client.post(f"{url}/signature", data=body, content_type=f"multipart/form-data; boundary={boundary}")


def test_a_photo_of_the_signed_page_is_filed_though_no_order_may_be_so_large(site, day):
    """The page asks for at most 10 MB, and of one the answer was that it is too large."""
    photo = b"\xff\xd8\xff" + b"x" * (site.settings.body_limit * 3)
    assert file(site, day, photo).status_code == 303
    assert site.rows("SELECT kind, size FROM document WHERE kind = 'signed_confirmation'") == [
        ("signed_confirmation", len(photo))
    ]


def test_more_than_the_page_asks_for_is_refused_and_nothing_is_signed(site, day):
    assert file(site, day, b"\xff\xd8\xff" + b"x" * PAPER_BYTES).status_code == 422
    assert file(site, day, b"\xff\xd8\xff" + b"x" * (PAPER_BYTES + MIB)).status_code == 413
    assert site.rows("SELECT confirmation FROM orders WHERE id = :o", o=day.to_sign.id) == [("requested",)]


def test_no_other_form_takes_so_much_and_no_stranger_sends_it(site, day):
    large = "x" * (site.settings.body_limit * 2)
    client = site.client("order_specialist")
    assert post(client, "/tickets/new", {"subject": large}, page="/tickets/new").status_code == 413
    boundary, body = encode_multipart({"name": "x", "paper": scan(large.encode())})
    kind = f"multipart/form-data; boundary={boundary}"
    sent = site.app.test_client().post(f"/orders/{day.to_sign.number}/signature", data=body, content_type=kind)
    assert sent.status_code == 413
