"""Passwords: Argon2id hashes, and what a new password must be."""

from __future__ import annotations

from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from oms.errors import InputInvalid

LENGTH_MIN, LENGTH_MAX = 12, 128

#: Long enough, yet on every list of guesses.
_COMMON = frozenset(
    """passwordpassword password1234 password12345 123456789012 1234567890123 qwertyuiopas qwerty123456 111111111111
    000000000000 abcdefghijkl abc123456789 administrator letmeinletmein welcome12345 iloveyou1234 changeme1234
    woaini1314520 woaini123456 a1234567890b 1qaz2wsx3edc 1q2w3e4r5t6y zaq12wsxcde3 qazwsxedcrfv asdfghjkl123
    admin1234567 adminadminadmin p@ssw0rd1234 passw0rd1234 monkey123456 football1234 baseball1234 superman1234""".split()
)


@lru_cache(maxsize=3)
def hasher(environment: str) -> PasswordHasher:
    """The hasher of an environment: OWASP's floor is passed in production; tests and the demo hash cheaply."""
    if environment == "production":
        return PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1)
    return PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@lru_cache(maxsize=3)
def _nobodys(environment: str) -> str:
    return hasher(environment).hash("nobody has this password")


def hash_new(password: str, *, login: str, environment: str) -> str:
    """Hash a new password; InputInvalid says what is wrong with it."""
    fault = _fault(password, login)
    if fault:
        raise InputInvalid(f"the password {fault}", fields={"password": fault})
    return hasher(environment).hash(password)


def _fault(password: str, login: str) -> str | None:
    if len(password) < LENGTH_MIN:
        return f"must have at least {LENGTH_MIN} characters"
    if len(password) > LENGTH_MAX:
        return f"must have at most {LENGTH_MAX} characters"
    if password.casefold() in _COMMON or len(set(password)) < 4:
        return "is on every list of guesses: choose another"
    if login and login.casefold() in password.casefold():
        return "must not contain the login"
    return None


def matches(password_hash: str | None, password: str, *, environment: str) -> bool:
    """Whether `password` has that hash; with no hash (nobody of that login) it takes as long and is False."""
    if len(password) > LENGTH_MAX:
        return False
    try:
        hasher(environment).verify(password_hash or _nobodys(environment), password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def outdated(password_hash: str, *, environment: str) -> bool:
    """Whether the hash was made with other costs than today's, so that it is renewed at sign-in."""
    return hasher(environment).check_needs_rehash(password_hash)
