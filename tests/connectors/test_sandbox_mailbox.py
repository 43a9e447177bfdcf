"""The sandbox mailbox and the mail client: real IMAP with IDLE, real SMTP, mails that outlive kill -9."""

from __future__ import annotations

import imaplib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event, Thread

import pytest
from imap_tools import A, MailBoxUnencrypted

from connectors import mail_client, mail_writing
from connectors.base import ConnectorError
from connectors.mail_client import Envelope, SmtpSettings
from tests.connectors.sandbox_peers import Peer, wait_until

ORDERS = "orders@shop.example"
PASSWORD = "orders-password"
HOST = "127.0.0.1"
RAW = b"From: a@x.example\r\nSubject: \xe8\xae\xa2 8-bit\r\nX-Long: " + b"x" * 300 + b"\r\n\r\n.dot\r\n--broken\r\n"


@pytest.fixture
def peer(start_peer: Callable[..., Peer]) -> Peer:
    return start_peer("mailbox", "--account", f"{ORDERS}:{PASSWORD}", "--password", "customers", "--hang-s", "0.2")


def smtp(peer: Peer) -> SmtpSettings:
    return SmtpSettings(HOST, peer.port("smtp_port"), timeout_s=5)


def mail(key: str) -> bytes:
    return mail_writing.compose(
        idempotency_key=key, sender=("Ann", "ann@x.example"), recipients=[("Orders", ORDERS)], subject=f"Order {key}",
        text="2 x TEA-1", at=datetime(2026, 11, 22, tzinfo=UTC),
    )  # fmt: skip


def send(peer: Peer, content: bytes, *recipients: str) -> None:
    mail_client.send(smtp(peer), content, Envelope("ann@x.example", recipients or (ORDERS,)))


@contextmanager
def listening(peer: Peer, on_mail: mail_client.OnMail, troubles: list[str] | None = None) -> Iterator[None]:
    stop = Event()
    thread = Thread(
        target=mail_client.listen,
        args=(HOST, peer.port("imap_port"), ORDERS, PASSWORD),
        kwargs={
            "on_mail": on_mail,
            "stop": stop,
            "processed_folder": "Processed",
            "on_trouble": [].append if troubles is None else troubles.append,
        },
        daemon=True,
    )
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=10)
    assert not thread.is_alive()


def fetch(peer: Peer, on_mail: mail_client.OnMail = lambda _content, _uid: None) -> int:
    return mail_client.fetch_new(HOST, peer.port("imap_port"), ORDERS, PASSWORD, on_mail=on_mail)


def test_a_mail_sent_by_smtp_reaches_an_idle_listener_at_once(peer: Peer):
    got: list[tuple[float, bytes]] = []
    with listening(peer, lambda content, _uid: got.append((time.monotonic(), content))):
        time.sleep(0.5)  # the listener is idling now
        for number in range(3):
            sent_at = time.monotonic()
            send(peer, mail(f"idle-{number}"))
            wait_until(lambda number=number: len(got) > number, "the mail")  # type: ignore[misc]
            assert got[number][0] - sent_at < 8  # who does not idle looks every 20 seconds
    assert got[0][1] == b"Return-Path: <ann@x.example>\r\n" + mail("idle-0")


def test_a_mail_is_kept_byte_for_byte(peer: Peer):
    send(peer, RAW)
    got: list[bytes] = []
    assert fetch(peer, lambda content, _uid: got.append(content)) == 1
    assert got == [b"Return-Path: <ann@x.example>\r\n" + RAW]
    assert fetch(peer) == 0


def test_a_mail_that_could_not_be_stored_stays_unseen(peer: Peer):
    send(peer, mail("unstored"))

    def fail(_content: bytes, _uid: str) -> None:
        raise LookupError("the database is away")

    with pytest.raises(LookupError):
        fetch(peer, fail)
    assert fetch(peer) == 1


def test_the_listener_comes_back_after_kill_9_and_misses_no_mail(peer: Peer):
    got: list[str] = []
    troubles: list[str] = []
    with listening(peer, lambda _content, uid: got.append(uid), troubles):
        send(peer, mail("before"))
        wait_until(lambda: len(got) == 1, "the first mail")
        peer.kill()
        peer.start()
        send(peer, mail("after"))
        # The first one is told again where the kill came before it was marked as taken.
        wait_until(lambda: len(set(got)) == 2, "the mail after the restart")
    assert troubles
    with MailBoxUnencrypted(HOST, peer.port("imap_port")).login(ORDERS, PASSWORD) as box:
        assert box.uids() == []
        box.folder.set("Processed")
        assert [found.subject for found in box.fetch()] == ["Order before", "Order after"]


def test_mails_flags_and_uids_outlive_kill_9(peer: Peer):
    for number in range(3):
        send(peer, mail(str(number)), "kim@x.example")
    with MailBoxUnencrypted(HOST, peer.port("imap_port")).login("kim@x.example", "customers") as box:
        box.flag("1", r"\Flagged", True)
        box.delete("3")
        validity = box.folder.status("INBOX")["UIDVALIDITY"]
    peer.kill()
    peer.start()
    send(peer, mail("new"), "kim@x.example")
    with MailBoxUnencrypted(HOST, peer.port("imap_port")).login("kim@x.example", "customers") as box:
        assert box.uids() == ["1", "2", "4"]
        assert box.uids(A(flagged=True)) == ["1"]
        assert box.folder.status("INBOX")["UIDVALIDITY"] == validity


def test_a_mail_whose_acknowledgement_was_lost_is_counted_once_by_its_message_id(peer: Peer):
    peer.fault("smtp", "after_commit_reset")
    with pytest.raises(ConnectorError) as raised:
        send(peer, mail("lost"), "kim@x.example")
    assert not raised.value.permanent
    send(peer, mail("lost"), "kim@x.example")
    assert peer.call("GET", "/v1/stats") == {"mails": 2, "distinct_mails": 1}


@pytest.mark.parametrize(("fault", "status"), [("500", 451), ("503", 421), ("timeout", None), ("reset", None)])
def test_a_server_in_trouble_is_tried_again_later(peer: Peer, fault: str, status: int | None):
    peer.fault("smtp", fault)
    settings = SmtpSettings(HOST, peer.port("smtp_port"), timeout_s=0.1 if fault == "timeout" else 5)
    with pytest.raises(ConnectorError) as raised:
        mail_client.send(settings, mail("trouble"), Envelope("ann@x.example", (ORDERS,)))
    assert (raised.value.permanent, raised.value.status) == (False, status)


def test_an_address_that_cannot_be_is_refused_for_good(peer: Peer):
    with pytest.raises(ConnectorError) as raised:
        send(peer, mail("nowhere"), "../../etc@x.example")
    assert (raised.value.permanent, raised.value.status) == (True, 550)


def test_a_wrong_password_opens_no_mailbox(peer: Peer):
    with pytest.raises(ConnectorError):
        mail_client.fetch_new(HOST, peer.port("imap_port"), ORDERS, "customers", on_mail=lambda _content, _uid: None)


def test_robots_read_their_mails_over_http(peer: Peer):
    send(peer, mail("http"), "kim@x.example")
    found = peer.call("GET", "/v1/mailboxes/kim@x.example/mails", expect=200)["mails"]
    assert [(one["subject"], one["auto_submitted"]) for one in found] == [("Order http", "auto-generated")]
    assert peer.call("GET", f"/v1/mailboxes/kim@x.example/mails?after={found[0]['uid']}") == {"mails": []}


def test_imap_searches_headers_text_and_numbers(peer: Peer):
    for number in range(3):
        send(peer, mail(f"s-{number}"))
    with imaplib.IMAP4(HOST, peer.port("imap_port")) as box:
        box.login(ORDERS, PASSWORD)
        box.select("INBOX")
        assert box.search(None, "SUBJECT", '"order s-1"')[1] == [b"2"]
        assert box.search(None, "NOT", "(OR", "1", "UID", "2)", "TEXT", "tea-1")[1] == [b"3"]
        assert b"Order s-2" in box.fetch("3", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1][0][1]
        assert box.uid("FETCH", "1", "(BODY.PEEK[]<0.11>)")[1][0][1] == b"Return-Path"
        with pytest.raises(imaplib.IMAP4.error, match="NONSENSE is not known here"):
            box.search(None, "NONSENSE")


def test_a_mail_that_arrives_while_others_are_taken_is_not_forgotten(peer: Peer):
    got: list[str] = []

    def take(_content: bytes, uid: str) -> None:
        if not got:
            send(peer, mail("meanwhile"))
        got.append(uid)

    send(peer, mail("first"))
    with listening(peer, take):
        wait_until(lambda: len(got) == 2, "the mail that came meanwhile")
    assert fetch(peer) == 0
