"""Fill an empty database with the demo's company: goods, stock, channels, carriers, people and their API keys."""

from __future__ import annotations

import json
import os
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from oms import db, installation
from oms.accounts import api_keys, staff
from oms.accounts.staff import NewStaff
from oms.demo.channels import CHANNELS
from oms.demo.company import house_file
from oms.demo.goods import PEOPLE
from oms.demo.place import PASSWORD, Place
from oms.inventory.models import Warehouse
from oms.journey import policy
from oms.parties.models import Channel
from oms.set_up.keep import keep

#: The connectors of this company.
SOURCES = {"channels": {source for _, _, source, *_ in CHANNELS}, "carriers": {"sandbox"}}


def seed(environ: dict[str, str], place: Place) -> None:
    """Seed once; what the robots need to know goes to `world.json` in the run's folder."""
    with installation.opened(environ) as session:
        now = db.now(session)
        keep(session, file=house_file(place), sources=SOURCES, actor="system", now=now)
        houses = {row[0]: row[1] for row in session.execute(select(Warehouse.code, Warehouse.id))}
        channels = {row[0]: row[1] for row in session.execute(select(Channel.name, Channel.id))}
        _policy(session, now)
        world: dict[str, Any] = {
            "began_at": now.isoformat(),
            "base_url": place.base_url,
            "shop_url": place.shop_url,
            "mailbox_url": place.mailbox_url,
            "smtp_port": place.smtp_port,
        }
        world |= {"keys": _people(session, houses["SZ"], now) | _distributor_keys(session, channels, now)}
    _write(place.folder / "world.json", world)


def _write(path: Path, world: dict[str, Any]) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(world, file, indent=1)


def _policy(session: Session, now: datetime) -> None:
    """New account customers may order up to a limit, and shops are asked often, so that all can end the same day."""
    for key, value in (("credit.default_limit", "20000"), ("poll.interval", 5)):
        policy.set_value(session, key=key, value=value, valid_from=now, actor="system", why="demo", now=now)


def _people(session: Session, house: uuid.UUID, now: datetime) -> dict[str, str]:
    new = [
        NewStaff(p.login, p.name, p.roles, PASSWORD, team=p.roles[0], language=p.language,
                 warehouse_id=house if p.roles[0] in ("warehouse", "shipping_clerk") else None)
        for p in PEOPLE
    ]  # fmt: skip
    ids = staff.create(session, new=new, environment="demo", actor="system", now=now)
    return {
        p.login: api_keys.create(
            session, name=p.login, roles=p.roles, staff_id=ids[p.login], actor="system", now=now
        ).key
        for p in PEOPLE
    }


def _distributor_keys(session: Session, channels: dict[str, uuid.UUID], now: datetime) -> dict[str, str]:
    return {
        name: api_keys.create(
            session, name=name, roles=["distributor"], channel_id=channels[name], actor="system", now=now
        ).key
        for name, way, *_ in CHANNELS
        if way == "distributor"
    }
