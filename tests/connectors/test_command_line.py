"""`oms normalise` and `oms verify-signature` as a channel author uses them: real processes, real files."""

from __future__ import annotations

import json
import resource
import subprocess
import sys

import pytest

from connectors.signing import hmac_base64
from oms.cli import COMMANDS, load, main
from tests.connectors.order_messages import generic_order, shopify_order
from tests.servers import ROOT

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def oms(*arguments: object, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "oms.cli", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, input=given, capture_output=True, timeout=60, check=False)


def write(folder, name, content) -> str:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return str(path)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_of_the_table_can_be_loaded(name):
    assert callable(load(name))


def test_normalise_prints_one_element_an_order(tmp_path):
    done = oms("normalise", "--channel", "generic", write(tmp_path, "order.json", [generic_order(), generic_order()]))
    shown = json.loads(done.stdout)
    assert (done.returncode, [one["channel_order_id"] for one in shown]) == (0, ["A-1", "A-1"])
    assert (shown[0]["channel"], "张三" in done.stdout.decode()) == ("generic", True)


def test_normalise_reads_standard_input_and_both_kinds_of_header_file(tmp_path):
    body = json.dumps(shopify_order()).encode()
    lines = write(tmp_path, "headers.txt", b"POST /x HTTP/1.1\r\nX-Shopify-Topic: orders/updated\r\n\r\n")
    found = write(tmp_path, "headers.json", {"X-SHOPIFY-TOPIC": ["orders/cancelled"], "Content-Length": 5})
    kinds = [
        json.loads(oms("normalise", "--channel", "shopify", *headers, "-", given=body).stdout)[0]["kind"]
        for headers in ((), ("--headers", lines), ("--headers", found))
    ]
    assert kinds == ["order", "update", "cancellation"]


@pytest.mark.parametrize(("body", "code"), [(b"{}", 0), (b"webhook_id=1", 0), (b"", 3), (b"{", 3)])
def test_normalise_exits_3_when_something_was_refused(tmp_path, body, code):
    done = oms("normalise", "--channel", "woocommerce", write(tmp_path, "body", body))
    assert (done.returncode, json.loads(done.stdout)[0]["kind"]) == (code, "not_an_order")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("nonsense",),
        ("normalise",),
        ("normalise", "--channel", "shopify"),
        ("normalise", "--channel", "magento", "-"),
        ("normalise", "--channel", "shopify", "/no/such/file"),
        ("normalise", "--channel", "shopify", "/"),
        ("normalise", "--channel", "shopify", "--headers", "/no/such/file", "-"),
        ("normalise", "--channel", "shopify", "--colour", "red", "-"),
        ("verify-signature", "--channel", "shopify", "-"),
        ("verify-signature", "--channel", "magento", "--secret", "s", "--headers", "/dev/null", "-"),
        ("verify-signature", "--channel", "generic", "--secret", "s", "--headers", "/dev/null", "--at", "noon", "-"),
        (
            "verify-signature",
            "--channel",
            "generic",
            "--secret",
            "s",
            "--headers",
            "/dev/null",
            "--at",
            "2026-11-22T08:00",
            "-",
        ),
    ],
)
def test_wrong_usage_exits_64_and_says_what_is_wrong(capsys, arguments, monkeypatch):
    monkeypatch.setattr("sys.argv", ["oms"])
    assert main(list(arguments)) == 64
    assert "Traceback" not in (said := capsys.readouterr().err)
    assert said.strip()


def test_header_files_that_are_none_are_wrong_usage(tmp_path, capsys):
    for content in (b"no colon here", b'{"a": ', b"\xff\xfe"):
        assert main(["normalise", "--channel", "shopify", "--headers", write(tmp_path, "h", content), "-"]) == 64
    assert "Name: value" in capsys.readouterr().err


def test_a_shop_signature_is_checked_over_the_raw_bytes(tmp_path):
    body = b'{"id":  1}'
    headers = write(tmp_path, "h", {"X-Shopify-Hmac-Sha256": hmac_base64(body, secret="hush")})
    arguments = ["verify-signature", "--channel", "shopify", "--secret", "hush", "--headers", headers]
    assert main([*arguments, write(tmp_path, "body", body)]) == 0
    assert main([*arguments, write(tmp_path, "body", b'{"id": 1}')]) == 1


@pytest.mark.samples
@pytest.mark.parametrize("clock", ["1614265330", "2021-02-25T15:02:10Z", "2021-02-25T23:02:10+08:00"])
def test_the_clock_of_standard_webhooks_can_be_set(samples, tmp_path, clock):
    good, bad = json.loads((samples / "signatures" / "standard_webhooks.json").read_text())
    body = write(tmp_path, "body", good["body"].encode())
    arguments = ["verify-signature", "--channel", "generic", "--secret", SECRET, "--headers"]
    good_headers, bad_headers = write(tmp_path, "good", good["headers"]), write(tmp_path, "bad", bad["headers"])
    assert main([*arguments, good_headers, "--at", clock, body]) == 0
    assert main([*arguments, bad_headers, "--at", clock, body]) == 1
    assert main([*arguments, good_headers, body]) == 1


def test_a_channel_without_a_signature_scheme_exits_2(tmp_path):
    headers = write(tmp_path, "h", {"X": "y"})
    assert main(["verify-signature", "--channel", "sheet", "--secret", "s", "--headers", headers, headers]) == 2


@pytest.mark.parametrize("source", ["shopify", "woocommerce", "generic"])
def test_normalise_starts_within_a_second_of_cpu(source):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert oms("normalise", "--channel", source, "-", given=b"{}").returncode == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime <= 1.0
