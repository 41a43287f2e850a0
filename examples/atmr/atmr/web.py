"""The API: bookings are kept in Postgres, and the worker is told of them through Redis."""

import json
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg2
import redis

from atmr.migrate import names, pending
from atmr.settings import read_settings

LARGEST_BODY = 64 * 1024
settings = read_settings()
queue = redis.Redis.from_url(settings["redis"], socket_timeout=3)


def query(statement, values=()):
    connection = psycopg2.connect(settings["database"], connect_timeout=3)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall()
    finally:
        connection.close()


def health():
    report = {"version": settings["version"], "commit": settings["commit"]}
    try:
        applied = {name for (name,) in query("select name from schema_migrations")}
        report["database"] = "ok"
        report["migrations"] = {"pending": len(pending(applied, names()))}
    except psycopg2.Error as error:
        report["database"] = str(error).strip()
    try:
        report["redis"] = "ok" if queue.ping() else "no response"
    except redis.RedisError as error:
        report["redis"] = str(error)
    is_healthy = report["database"] == "ok" and report["redis"] == "ok" and report["migrations"]["pending"] == 0
    return (200 if is_healthy else 503), {"status": "healthy" if is_healthy else "unhealthy", **report}


def list_bookings():
    rows = query("select id, destination, state from bookings order by id desc limit 100")
    return 200, [{"id": id, "destination": destination, "state": state} for id, destination, state in rows]


def add_booking(body):
    destination = body.get("destination") if isinstance(body, dict) else None
    if not isinstance(destination, str) or not destination.strip():
        return 422, {"error": "destination must be a text"}
    [(id,)] = query("insert into bookings (destination) values (%s) returning id", (destination.strip(),))
    queue.rpush("dispatch", id)
    return 201, {"id": id}


class Handler(BaseHTTPRequestHandler):
    server_version = "atmr"

    def do_GET(self):
        routes = {"/health": health, "/bookings": list_bookings}
        self.respond(routes.get(self.path, lambda: (404, {"error": "not found"})))

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        if self.path != "/bookings" or length > LARGEST_BODY:
            return self.respond(lambda: (404, {"error": "not found"}))
        try:
            body = json.loads(self.rfile.read(length))
        except ValueError:
            return self.respond(lambda: (400, {"error": "not JSON"}))
        self.respond(lambda: add_booking(body))

    def respond(self, make):
        try:
            status, content = make()
        except (psycopg2.Error, redis.RedisError) as error:
            print(f"ERROR {error}", flush=True)
            status, content = 503, {"error": "a service that is needed does not respond"}
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format, *arguments):
        # The healthcheck's requests would bury the lines that matter.
        if self.path != "/health":
            print(format % arguments, flush=True)


def main():
    server = ThreadingHTTPServer(("", 5000), Handler)
    # As the first process of a container, Python would ignore the signal that Docker stops it with.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"atmr {settings['version']} listens on port 5000", flush=True)
    server.serve_forever()


main()
