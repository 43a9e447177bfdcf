"""Purchase orders as sheets (CSV, XLSX, XLS, ODS) from distributors, agents and partners.

The kind of file is told by its content. Settings of the channel: `mapping`, a JSON object of our fields to the sender's
heads, which wins over known names; `currency`, `country` and `timezone` for what the sheets leave out.
"""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import unquote

from connectors.base import ChannelConfig, ChannelOrder, Received
from connectors.fields import unreadable
from connectors.sheet_books import orders_in
from connectors.sheet_merge import SheetSettings
from connectors.tables import TableUnreadable, read_tables

_FILENAME = re.compile(r"filename\*?=(?:UTF-8'')?\"?([^\";]+)", re.IGNORECASE)


class Sheet:
    """Translates sheets; has no signature, no poll and nothing to be told."""

    source = "sheet"

    def __init__(self, config: ChannelConfig) -> None:
        self._settings = SheetSettings.of(config)

    def translate(self, message: Received) -> list[ChannelOrder]:
        """Return one element an order; an unreadable file is one `not_an_order` with the problem `unreadable`."""
        settings = replace(self._settings, channel=message.channel or self._settings.channel)
        try:
            tables = read_tables(message.body, filename=_filename(message), mapping=settings.mapping)
            return orders_in(tables, settings)
        except TableUnreadable as error:
            return [unreadable(channel=settings.channel, source=self.source, error=error)]


def _filename(message: Received) -> str | None:
    told = message.headers.get("x-filename")
    if told:
        return unquote(told)[:200]
    found = _FILENAME.search(message.headers.get("content-disposition", ""))
    return unquote(found[1])[:200] if found else None
