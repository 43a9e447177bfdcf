"""The sandbox mailbox over HTTP: for robots that read their mails, and for counting."""

from __future__ import annotations

import hmac

from connectors.sandbox.http_messages import Answer, Refused, Request, Route
from connectors.sandbox.imap_search import header_values
from connectors.sandbox.maildir import INBOX, Folder, Mail, MailStore

_HEADERS = ("Message-ID", "In-Reply-To", "References", "From", "To", "Subject", "Auto-Submitted")


class MailboxApi:
    """Reads only; mails come by SMTP."""

    def __init__(self, store: MailStore, *, api_key: str) -> None:
        self._store = store
        self._api_key = api_key

    def routes(self) -> list[Route]:
        return [
            Route.to("GET", "/healthz", lambda _request: Answer.of({"ok": True})),
            Route.to("GET", "/v1/mailboxes", self.mailboxes),
            Route.to("GET", "/v1/mailboxes/{address}/mails", self.mails),
            Route.to("GET", "/v1/mailboxes/{address}/mails/{uid}", self.mail),
            Route.to("GET", "/v1/stats", self.stats),
        ]

    def guard(self, request: Request) -> None:
        """Refuse callers without the API key; only the health check is open."""
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if request.path != "/healthz" and not hmac.compare_digest(given.encode(), self._api_key.encode()):
            raise Refused(401, "api_key_invalid", "send 'Authorization: Bearer <API key>' with a key that is valid")

    def mailboxes(self, _request: Request) -> Answer:
        with self._store.lock:
            counts = {address: len(_all_mails(self._store, address)) for address in self._store.addresses()}
        return Answer.of({"mailboxes": [{"address": address, "mails": count} for address, count in counts.items()]})

    def mails(self, request: Request) -> Answer:
        with self._store.lock:
            mails = self._inbox(request).mails()
        after_uid = int(request.query["after"]) if request.query.get("after", "").isdecimal() else 0
        return Answer.of({"mails": [_summary(mail) for mail in mails if mail.uid > after_uid]})

    def mail(self, request: Request) -> Answer:
        uid = request.part["uid"]
        with self._store.lock:
            mail = self._inbox(request).get(int(uid)) if uid.isdecimal() else None
        if mail is None:
            raise Refused(404, "no_such_mail", f"there is no mail {uid} in this INBOX")
        return Answer(body=mail.content(), content_type="message/rfc822")

    def stats(self, _request: Request) -> Answer:
        with self._store.lock:
            mails = [
                (address, mail) for address in self._store.addresses() for mail in _all_mails(self._store, address)
            ]
        distinct = {(address, *header_values(mail, "Message-ID")) for address, mail in mails}
        return Answer.of({"mails": len(mails), "distinct_mails": len(distinct)})

    def _inbox(self, request: Request) -> Folder:
        address = request.part["address"].lower()
        if address not in self._store.addresses():
            raise Refused(404, "no_such_mailbox", f"nobody has written to {address} yet")
        folder = self._store.mailbox(address).folder(INBOX)
        assert folder is not None
        return folder


def _all_mails(store: MailStore, address: str) -> list[Mail]:
    mailbox = store.mailbox(address)
    folders = [mailbox.folder(name) for name in mailbox.names()]
    return [mail for folder in folders if folder is not None for mail in folder.mails()]


def _summary(mail: Mail) -> dict[str, object]:
    headers = {name: " ".join(header_values(mail, name)) or None for name in _HEADERS}
    facts = {name.lower().replace("-", "_"): value for name, value in headers.items()}
    return {"uid": mail.uid, "received_at": mail.received_at.isoformat(), **facts}
