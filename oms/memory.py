"""What a process gives back to the machine: large buffers at once."""

from __future__ import annotations

import ctypes
from contextlib import suppress

_M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD = -3, -1
LARGE_BYTES = 1024 * 1024


def return_large_buffers() -> None:
    """Have buffers of a megabyte and more returned when they are freed: one mail of 25 MB would stay for ever.

    glibc raises its own limit with each large buffer that is freed, up to 32 MB, and then keeps them. Elsewhere
    nothing happens; a repeat changes nothing.
    """
    with suppress(AttributeError, OSError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)
        libc.mallopt(_M_TRIM_THRESHOLD, LARGE_BYTES)
