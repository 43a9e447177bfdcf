"""Whether a Redis answers; for `oms doctor`."""

from __future__ import annotations

import redis as redis_client

PATIENCE_S = 2


def redis_fault(url: str) -> str | None:
    """Why the Redis of that URL does not answer; None when it does."""
    try:
        with redis_client.Redis.from_url(url, socket_connect_timeout=PATIENCE_S, socket_timeout=PATIENCE_S) as client:
            client.ping()
    except (redis_client.RedisError, OSError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return None
