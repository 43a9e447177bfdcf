"""No parser of bytes from outside is forgotten by the fuzz level."""

from __future__ import annotations

from connectors.base import ChannelConfig, PolledChannel, SignedChannel
from connectors.registry import CARRIERS, CHANNELS, channel_for
from tests.torture.entrances import entrances
from tests.torture.spoilers import spoil


def test_every_channel_and_carrier_has_its_entrance():
    signed = [name for name in CHANNELS if isinstance(channel_for(ChannelConfig("x", name)), SignedChannel)]
    wanted = {f"translate {name}" for name in CHANNELS} | {f"knock {name}" for name in signed}
    asked = {name for name in CHANNELS if isinstance(channel_for(ChannelConfig("x", name)), PolledChannel)}
    wanted |= {f"answers of shop {name}" for name in asked} | {f"answers of carrier {name}" for name in CARRIERS}
    assert asked
    assert wanted | {f"scan of carrier {name}" for name in CARRIERS} <= set(entrances())


def test_an_entrance_reads_its_good_bytes_and_the_same_seed_spoils_them_alike():
    for entrance in entrances().values():
        for good in entrance.good:
            entrance.read(good)
            assert spoil(good, 7) == spoil(good, 7)
