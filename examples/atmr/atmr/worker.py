"""Dispatches bookings, and responds to pings: a worker that hangs does neither."""

import signal
import sys

import psycopg2
import redis

from atmr.settings import read_settings

settings = read_settings()
queue = redis.Redis.from_url(settings["redis"], socket_timeout=30)


def dispatch(booking):
    connection = psycopg2.connect(settings["database"], connect_timeout=5)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("update bookings set state = 'dispatched' where id = %s", (booking,))
    finally:
        connection.close()
    print(f"booking {booking} is dispatched", flush=True)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"atmr worker {settings['version']} waits for bookings", flush=True)
    while True:
        found = queue.blpop(["ping", "dispatch"], timeout=10)
        if found is None:
            continue
        name, value = found
        if name == b"ping":
            queue.rpush(value, "pong")
            queue.expire(value, 60)
        else:
            dispatch(int(value))


main()
