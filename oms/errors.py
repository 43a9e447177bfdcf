"""Every fault that oms names, as one tree; each leaf has a code and an HTTP status.

OmsError
├── Refused (the caller can mend it)
│   ├── InputInvalid            422  a field is missing or wrong: says which and how to mend it
│   ├── NotFound                404  no such thing, or not yours
│   ├── NotAllowed              403  your role has no right to this
│   ├── NotSignedIn             401  no session, key or signature
│   ├── Conflict                409  another has changed it first
│   │   ├── IllegalTransition   409  the state does not allow it
│   │   ├── Fenced              409  the step was taken over meanwhile
│   │   └── KeyReused           409  an idempotency key came again with another body
│   ├── TooLarge                413  the body is over the limit
│   └── TooMany                 429  over the rate limit
├── Unavailable                 503  the bytes could not be stored; try again
└── SettingsInvalid             500  every wrong setting, reported together
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar


class OmsError(Exception):
    """The root; `code` is stable for machines, the message is for people."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fields = dict(fields or {})


class Refused(OmsError):
    code = "refused"
    status = 400


class InputInvalid(Refused):
    """`fields` maps each wrong field's path to what is wrong and how to mend it."""

    code = "input_invalid"
    status = 422


class NotFound(Refused):
    code = "not_found"
    status = 404


class NotAllowed(Refused):
    code = "not_allowed"
    status = 403


class NotSignedIn(Refused):
    code = "not_signed_in"
    status = 401


class Conflict(Refused):
    code = "conflict"
    status = 409


class IllegalTransition(Conflict):
    """`order 1042: verified -> shipped is not allowed`."""

    code = "illegal_transition"


class Fenced(Conflict):
    """Steps that another took over while we worked; `step_ids` leave the batch."""

    code = "fenced"

    def __init__(self, step_ids: Sequence[object]) -> None:
        super().__init__(f"{len(step_ids)} step(s) were taken over meanwhile")
        self.step_ids = list(step_ids)


class KeyReused(Conflict):
    code = "key_reused"


class TooLarge(Refused):
    code = "too_large"
    status = 413


class TooMany(Refused):
    code = "too_many"
    status = 429


class Unavailable(OmsError):
    code = "unavailable"
    status = 503


class SettingsInvalid(OmsError):
    code = "settings_invalid"
