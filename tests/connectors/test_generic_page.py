"""The page that others program against: its example is an order, its signature recipe is ours."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from datetime import UTC, datetime

from connectors.base import PROBLEM_SEVERITY, Severity
from connectors.signing import verify_standard
from tests.connectors.order_messages import only
from tests.servers import ROOT

PAGE = (ROOT / "docs" / "generic-json.md").read_text()
SCHEMA_PAGE = (ROOT / "docs" / "order-schema.md").read_text()


def test_the_example_of_the_page_has_no_problem():
    example = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert only("generic", json.loads(example[1])).problems == ()


def test_the_signature_recipe_of_the_page_is_accepted():
    recipe = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]
    names = {"base64": base64, "hmac": hmac, "hashlib": hashlib, "secret": "whsec_c2VjcmV0LWZvci10aGUtcGFnZQ==",
             "message_id": "msg_1", "timestamp": "1795334400", "body": b"{}"}  # fmt: skip
    exec(recipe, names)
    headers = {"webhook-id": "msg_1", "webhook-timestamp": "1795334400", "webhook-signature": names["signature"]}
    verify_standard(b"{}", headers=headers, secrets=[names["secret"]], at=datetime(2026, 11, 22, 8, 0, tzinfo=UTC))


def test_every_problem_code_stands_in_its_row_of_the_schema_page():
    rows = re.findall(r"^\| (refuse|hold|note)[^|]*\| (.*) \|$", SCHEMA_PAGE, re.MULTILINE)
    listed = {code: severity for severity, codes in rows for code in re.findall(r"`(\w+)`", codes)}
    noted = {"phone_invalid", "email_invalid"}
    assert {code: Severity.NOTE.value if code in noted else severity for code, severity in listed.items()} == {
        code: severity.value for code, severity in PROBLEM_SEVERITY.items()
    }
