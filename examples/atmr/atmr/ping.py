"""The worker's healthcheck: sends a ping through Redis and waits for its response."""

import sys
import uuid

import redis

from atmr.settings import read_settings

try:
    queue = redis.Redis.from_url(read_settings()["redis"], socket_timeout=6)
    reply = f"pong:{uuid.uuid4()}"
    queue.rpush("ping", reply)
    if queue.blpop([reply], timeout=4) is None:
        sys.exit("the worker does not respond to a ping")
except redis.RedisError as error:
    sys.exit(f"Redis: {error}")
