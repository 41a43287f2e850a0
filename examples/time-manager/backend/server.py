"""The API of the time manager: time entries, kept in Postgres."""

import json
import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg2
import psycopg2.extras

from entries import read_entry

VERSION = os.environ.get("VERSION", "dev")
COMMIT = os.environ.get("COMMIT", "")
FAULT = os.environ.get("FAULT", "")
ALLOWED_ORIGIN = f"https://{os.environ.get('DOMAIN', 'localhost')}"
LARGEST_BODY = 64 * 1024

SCHEMA = """
create table if not exists entries (
  id bigint generated always as identity primary key,
  project text not null check (project <> ''),
  minutes integer not null check (minutes between 1 and 1440),
  note text not null default '',
  created_at timestamptz not null default now()
)
"""


def connect():
    return psycopg2.connect(
        host=os.environ["DATABASE_HOST"],
        dbname=os.environ["DATABASE_NAME"],
        user=os.environ["DATABASE_USER"],
        password=os.environ["DATABASE_PASSWORD"],
        connect_timeout=3,
    )


def query(statement, values=()):
    """Runs one statement in a transaction of its own and gives the rows that it returns."""
    connection = connect()
    try:
        with connection, connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def health():
    """What the healthcheck and the smoke test read: is this version fit to serve?"""
    report = {"version": VERSION, "commit": COMMIT}
    try:
        query("select 1 from entries limit 1")
        report["database"] = "ok"
    except psycopg2.Error as error:
        report["database"] = str(error).strip()
    if FAULT == "never-ready":
        report["mail"] = "smtp.internal:25 refuses connections"
    ready = report["database"] == "ok" and "mail" not in report
    return (200 if ready else 503), {"status": "healthy" if ready else "unhealthy", **report}


def list_entries():
    rows = query("select id, project, minutes, note, created_at from entries order by id desc limit 100")
    return 200, [{**row, "created_at": row["created_at"].isoformat()} for row in rows]


def add_entry(body):
    values, refusal = read_entry(body)
    if refusal is not None:
        return 422, {"error": refusal}
    [row] = query("insert into entries (project, minutes, note) values (%s, %s, %s) returning id", values)
    return 201, {"id": row["id"]}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "time-manager"

    def do_GET(self):
        path = self.path.split("?")[0]
        routes = {"/api/health": health, "/api/entries": list_entries}
        self.answer(routes.get(path, lambda: (404, {"error": "not found"})))

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY:
            self.close_connection = True
            return self.send_json(413, {"error": "too large"})
        raw = self.rfile.read(length)
        if self.path != "/api/entries":
            return self.send_json(404, {"error": "not found"})
        try:
            body = json.loads(raw)
        except ValueError:
            return self.send_json(400, {"error": "not JSON"})
        if not isinstance(body, dict):
            return self.send_json(422, {"error": "not an object"})
        self.answer(lambda: add_entry(body))

    def answer(self, make):
        try:
            status, content = make()
        except psycopg2.Error as error:
            log(f"ERROR database: {str(error).strip()}")
            status, content = 503, {"error": "the database does not answer"}
        self.send_json(status, content)

    def send_json(self, status, content):
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Access-Control-Allow-Origin", ALLOWED_ORIGIN)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format, *arguments):
        # The healthcheck's requests would bury the lines that matter.
        if not self.path.startswith("/api/health"):
            log(format % arguments)


def log(line):
    print(line, file=sys.stderr, flush=True)


def main():
    log(f"time-manager {VERSION} {COMMIT} starts")
    query(SCHEMA)
    server = ThreadingHTTPServer(("", 8000), Handler)
    # As the first process of a container, Python would ignore the signal that Docker stops it with.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    if FAULT == "never-ready":
        log("ERROR mail: smtp.internal:25 refuses connections; not ready to serve")
    log("listening on port 8000")
    server.serve_forever()
    log("stopped")


main()
