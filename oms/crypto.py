"""Private data at rest: AES-256-GCM with a key id in each value, and keyed hashes for search (D-3)."""

from __future__ import annotations

import hmac
import os
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_FORMAT = b"\x01"
_NONCE_BYTES = 12
#: What a value under each key begins with.
_HEADS = [_FORMAT + bytes([key_id]) for key_id in range(256)]


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Encryption keys by id (1-255), the current one's id, and the key of the search hashes."""

    keys: dict[int, AESGCM]
    current: int
    index_key: bytes

    def encrypt(self, plain: bytes) -> bytes:
        nonce, current = os.urandom(_NONCE_BYTES), self.current
        head = _HEADS[current]
        return head + nonce + self.keys[current].encrypt(nonce, plain, head)

    def decrypt(self, stored: bytes) -> bytes:
        """Raise KeyError when the value's key was removed, InvalidTag when its bytes were altered."""
        head, nonce, body = stored[:2], stored[2 : 2 + _NONCE_BYTES], stored[2 + _NONCE_BYTES :]
        return self.keys[head[1]].decrypt(nonce, body, head)

    def blind_index(self, value: str) -> bytes:
        """A keyed hash (16 bytes) by which an encrypted value is found again; spaces and case are folded."""
        folded = " ".join(value.split()).casefold().encode()
        return hmac.digest(self.index_key, folded, "sha256")[:16]


def key_ring(encryption_keys: str, index_key: str) -> KeyRing:
    """Parse `1:<hex>,2:<hex>` (newest first) and the index key, both as `oms/settings.py` checked them."""
    pairs = [part.partition(":") for part in encryption_keys.split(",")]
    keys = {int(key_id): AESGCM(bytes.fromhex(key)) for key_id, _, key in pairs}
    return KeyRing(keys=keys, current=int(pairs[0][0]), index_key=index_key.encode())


# Column types are made at import, long before settings are read, so the ring is handed in once at start.
_installed: list[KeyRing] = []


def install(ring: KeyRing) -> None:
    """Make `ring` the one that encrypted columns use in this process."""
    _installed[:] = [ring]


def ring() -> KeyRing:
    """The installed ring; RuntimeError before `install`."""
    if not _installed:
        raise RuntimeError("no encryption keys are installed: call oms.crypto.install at start")
    return _installed[0]
