"""A packing that ended since goods were missing made no parcel: it counts for nobody, and no error belongs to it."""

from __future__ import annotations

from tests.factories.kpi_facts import count, error, fact


def test_a_packers_error_belongs_to_the_packing_that_made_the_parcel() -> None:
    aside = fact("pack", "2026-11-09 12:00", "2026-11-09 09:00", person="li", units=0, outcome="short")
    packed = fact("pack", "2026-11-10 12:00", "2026-11-10 09:00", person="li", outcome="packed")
    counted = count("pack_accuracy", aside, packed, errors=(error("pack"),))
    assert [(one.hit, one.of, one.why) for one in counted] == [(0, 0, "nothing_found"), (0, 1, "error")]
