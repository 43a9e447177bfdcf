"""Write a set-up file: new rows, changed fields, opening stock; all or nothing, and a second time nothing."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from oms import db
from oms.catalog.models import BundlePart, Sku
from oms.db import Base
from oms.errors import InputInvalid
from oms.inventory import bins, ledger
from oms.inventory.ledger import Move
from oms.journey import lifecycle
from oms.parties import matching
from oms.parties.models import Customer
from oms.set_up import sets
from oms.set_up.fields import Read
from oms.set_up.sets import Touched
from oms.set_up.tables import OPENING, OPENING_FIELDS, SECTIONS, Section

Named = dict[tuple[Any, ...], Base]


@dataclass(frozen=True, slots=True)
class Kept:
    """What a file changed, by section: how many rows are new, how many are others now."""

    new: dict[str, int]
    changed: dict[str, int]


@dataclass(slots=True)
class _Work:
    """A file on its way into the database; `faults` are all that were found, by place in the file."""

    session: Session
    actor: str
    now: datetime
    sources: Mapping[str, Collection[str]]
    faults: dict[str, str] = field(default_factory=dict)
    rows: dict[str, Named] = field(default_factory=dict)
    new: dict[str, int] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    notes: list[lifecycle.Note] = field(default_factory=list)
    #: goods that become sets or are none any more, and sets whose parts are others
    sets: dict[uuid.UUID, Touched] = field(default_factory=dict)


def keep(session: Session, *, file: object, sources: Mapping[str, Collection[str]], actor: str, now: datetime) -> Kept:
    """Bring the house to what the file says; what it does not name stays as it is.

    `sources` are the connectors there are, of the sections `channels` and `carriers`.

    InputInvalid names every fault by its place (`goods[2].weight_g`), and then nothing is to be committed.
    """
    work = _Work(session, actor, now, sources)
    sections = _sections(file)
    named = _named(sections)
    for name, section in SECTIONS.items():
        work.rows[name] = _standing(work, section, named[name])
        _keep_section(work, name, section, sections.get(name, []))
    work.faults |= sets.faults(session, work.sets)
    _keep_opening(work, sections.get(OPENING, []))
    if work.faults:
        count = len(work.faults)
        raise InputInvalid(
            f"the file has {count} fault{'s' if count > 1 else ''}: nothing was changed", fields=work.faults
        )
    lifecycle.note(session, work.notes, actor=actor, now=now)
    return Kept(work.new, work.changed)


def _sections(file: object) -> dict[str, list[Any]]:
    known = [*SECTIONS, OPENING]
    if not isinstance(file, dict) or not file:
        raise InputInvalid(f"the file must be one JSON object of sections: {', '.join(known)}")
    faults = {name: f"is no section: there are {', '.join(known)}" for name in file.keys() - set(known)}
    faults |= {
        name: "write a list of rows: [{...}]" for name in file if name in known and not isinstance(file[name], list)
    }
    if faults:
        raise InputInvalid("the file has sections that cannot be read", fields=faults)
    return file


def _keep_section(work: _Work, name: str, section: Section, given: Sequence[object]) -> None:
    standing = work.rows[name]
    filled = {row.bundle_id for row in standing.values() if isinstance(row, BundlePart)}
    seen: set[tuple[Any, ...]] = set()
    for place, cells in enumerate(given):
        where = f"{name}[{place}]"
        read = _read(work, where, cells, section.fields)
        if "source" in read and read["source"] not in work.sources[name]:
            work.faults[f"{where}.source"] = (
                f"no connector of that name: there are {', '.join(sorted(work.sources[name]))}"
            )
        values = _referred(work, where, section, read)
        if values is None:
            continue
        key = tuple(values.get(section.column(part)) for part in section.named_by)
        if key in seen:
            work.faults[where] = f"stands twice in the file, by {' and '.join(section.named_by)}"
        seen.add(key)
        row = _keep_row(work, name, section, where, key, values, standing)
        if isinstance(row, BundlePart):
            _touch(work, row.bundle_id, where, stood=row.bundle_id in filled)
    work.session.flush()


def _named(sections: Mapping[str, Sequence[object]]) -> dict[str, set[str]]:
    """Of each section the names that stand anywhere in the file, so that only those rows are read."""
    named: dict[str, set[str]] = {name: set() for name in SECTIONS}
    for name, rows in sections.items():
        section = SECTIONS.get(name)
        fields = (
            {section.named_by[0]: name, **section.refers} if section else {"warehouse": "warehouses", "sku": "goods"}
        )
        for cells in rows:
            for one, other in fields.items():
                if isinstance(cells, dict) and isinstance(cells.get(one), str):
                    named[other].add(cells[one].strip())
    return named


def _standing(work: _Work, section: Section, names: set[str]) -> Named:
    """The rows there are of these names, or below the rows they refer to; of those that hold from a day on the last."""
    first = section.named_by[0]
    ids = [row.id for row in work.rows[section.refers[first]].values()] if first in section.refers else []  # type: ignore[attr-defined]
    asked = select(section.model).where(getattr(section.model, section.column(first)).in_(ids or names))
    if section.from_now_on:
        asked = asked.order_by(section.model.valid_from)  # type: ignore[attr-defined]
    rows = work.session.scalars(asked)
    return {tuple(getattr(row, section.column(part)) for part in section.named_by): row for row in rows}


def _keep_row(
    work: _Work, name: str, section: Section, where: str, key: tuple[Any, ...], values: dict[str, Any], standing: Named
) -> Base | None:
    """The row that is new or others now."""
    row = standing.get(key)
    other = {} if row is None else {c: v for c, v in values.items() if getattr(row, c) != v}
    if row is not None and not other:
        return None
    if row is None or section.from_now_on:
        missing = sorted(f for f in section.fields.keys() - section.may_be_left_out if section.column(f) not in values)
        for one in missing:
            work.faults.setdefault(f"{where}.{one}", "is missing: a new row needs it")
        if missing:
            return None
        row = standing[key] = _new(work, section, values)
        work.new[name] = work.new.get(name, 0) + 1
        event = "added"
    else:
        for column, value in other.items():
            setattr(row, column, value)
        work.changed[name] = work.changed.get(name, 0) + 1
        event = "changed"
    _after(work, where, row, other)
    subject = getattr(row, "id", None) or uuid.uuid5(uuid.NAMESPACE_OID, f"{name}:{key}")
    named = " ".join(str(part) for part in key if not isinstance(part, uuid.UUID | None))
    work.notes.append(
        lifecycle.Note(section.model.__tablename__, subject, f"set_up.{event}", named, data={"fields": sorted(other)})
    )
    return row


def _new(work: _Work, section: Section, values: dict[str, Any]) -> Base:
    columns = section.model.__table__.columns
    made = {name: work.now for name in ("created_at", "valid_from") if name in columns}
    if "id" in columns:
        made["id"] = db.new_id()  # type: ignore[assignment]
    row = section.model(**made, **values)
    work.session.add(row)
    return row


def _after(work: _Work, where: str, row: Base, other: Mapping[str, object]) -> None:
    if isinstance(row, Customer):
        matching.index(row)
    if isinstance(row, Sku) and (row.bundle or "bundle" in other):
        _touch(work, row.id, where, stood="bundle" in other)


def _touch(work: _Work, good_id: uuid.UUID, where: str, *, stood: bool) -> None:
    known = work.sets.get(good_id)
    work.sets[good_id] = Touched(where, stood=stood or (known is not None and known.stood))


def _read(work: _Work, where: str, cells: object, fields: Mapping[str, Read]) -> dict[str, Any]:
    """The cells of a row that can be read; the others are faults."""
    if not isinstance(cells, dict):
        work.faults[where] = "write an object: {...}"
        return {}
    read = {}
    for name, cell in cells.items():
        if name not in fields:
            work.faults[f"{where}.{name}"] = f"is no field: there are {', '.join(fields)}"
            continue
        try:
            read[name] = fields[name](cell)
        except ValueError as fault:
            work.faults[f"{where}.{name}"] = str(fault)
    return read


def _referred(work: _Work, where: str, section: Section, read: dict[str, Any]) -> dict[str, Any] | None:
    """The columns of a row, names of others replaced by their ids; None when it cannot be told which row it is."""
    values = {section.column(name): value for name, value in read.items() if name not in section.refers}
    for name, other in section.refers.items():
        if name not in read:
            continue
        found = work.rows[other].get((read[name],))
        if found is None:
            work.faults[f"{where}.{name}"] = f"no {read[name]!r} in {other}, neither in this file nor in the house"
            continue
        values[section.column(name)] = found.id  # type: ignore[attr-defined]
    lacking = [n for n in section.named_by if section.column(n) not in values and n not in section.may_be_left_out]
    for name in lacking:
        work.faults.setdefault(f"{where}.{name}", "is missing")
    return None if lacking else values


def _keep_opening(work: _Work, given: Sequence[object]) -> None:
    """Pieces in bins at the beginning. A place that was opened once stays as it is: what comes later is goods in."""
    moves = [move for place, cells in enumerate(given) if (move := _opening(work, f"{OPENING}[{place}]", cells))]
    if not moves or work.faults:
        return
    ledger.ensure_rows(work.session, places=[(m.warehouse_id, m.sku_id, m.bin_id) for m in moves])
    posted = ledger.post(work.session, moves, actor=work.actor, now=work.now)
    if posted:
        work.new[OPENING] = len(posted)


def _opening(work: _Work, where: str, cells: object) -> Move | None:
    read = _read(work, where, cells, OPENING_FIELDS)
    for name in OPENING_FIELDS.keys() - read.keys():
        work.faults.setdefault(f"{where}.{name}", "is missing")
    if len(read) < len(OPENING_FIELDS):
        return None
    warehouse, sku = work.rows["warehouses"].get((read["warehouse"],)), work.rows["goods"].get((read["sku"],))
    place = work.rows["bins"].get((getattr(warehouse, "id", None), read["bin"]))
    found: dict[str, Any] = {"warehouse": warehouse, "sku": sku, "bin": place}
    for name, row in found.items():
        if row is None:
            work.faults[f"{where}.{name}"] = f"no {name} {read[name]!r}, neither in this file nor in the house"
    if warehouse is None or sku is None or place is None:
        return None
    for name, fault in (
        ("bin", bins.not_picked_from(found["bin"].kind, code=read["bin"])),
        ("sku", bins.not_kept(bundle=found["sku"].bundle, code=read["sku"])),
    ):
        if fault is not None:
            work.faults[f"{where}.{name}"] = fault
    key = f"opening:{read['warehouse']}:{read['sku']}:{read['bin']}"
    qty: Decimal = read["qty"]
    return Move(key, found["warehouse"].id, found["sku"].id, "opening", on_hand=qty, bin_id=found["bin"].id)
