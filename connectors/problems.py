"""One way to say what is wrong with a message: code, field, and how to mend it."""

from __future__ import annotations

from connectors.base import PROBLEM_SEVERITY, Problem, Severity


def problem(code: str, field: str, message: str, severity: Severity | None = None) -> Problem:
    """Make a Problem of a known code; its usual severity unless another is given.

    Raises KeyError for a code that is not in PROBLEM_SEVERITY.
    """
    usual = PROBLEM_SEVERITY[code]
    return Problem(code=code, severity=severity or usual, field=field, message=message)
