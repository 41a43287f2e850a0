"""Every minute it writes down what is due, and dispatches bookings that the worker has not seen."""

import json
import pathlib
import signal
import sys
import time

import psycopg2
import redis

from atmr.settings import read_settings

SCHEDULE = pathlib.Path("/tmp/schedule.json")
INTERVAL_S = 60


def open_bookings(uri):
    connection = psycopg2.connect(uri, connect_timeout=5)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("select id from bookings where state = 'open' and created_at < now() - interval '1 minute'")
            return [id for (id,) in cursor.fetchall()]
    finally:
        connection.close()


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    settings = read_settings()
    queue = redis.Redis.from_url(settings["redis"], socket_timeout=5)
    print(f"atmr scheduler {settings['version']} runs every {INTERVAL_S} s", flush=True)
    while True:
        due = open_bookings(settings["database"])
        if due:
            queue.rpush("dispatch", *due)
        SCHEDULE.write_text(json.dumps({"last_run": time.time(), "dispatched": due}))
        time.sleep(INTERVAL_S)


main()
