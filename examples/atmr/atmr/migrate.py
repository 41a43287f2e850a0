"""Brings the database up to date: each file of migrations/ once, in the order of their names, each in a transaction."""

import pathlib
import sys

from atmr.settings import read_settings

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "migrations"
# Two releases that start at the same time do not migrate at the same time.
LOCK = 7_215_001


def names(folder=FOLDER):
    return sorted(path.name for path in folder.glob("*.sql"))


def pending(applied, available):
    return [name for name in available if name not in applied]


def applied_in(cursor):
    cursor.execute("create table if not exists schema_migrations (name text primary key, applied_at timestamptz default now())")
    cursor.execute("select name from schema_migrations")
    return {name for (name,) in cursor.fetchall()}


def migrate(connection, folder=FOLDER):
    with connection, connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", (LOCK,))
        for name in pending(applied_in(cursor), names(folder)):
            print(f"applies {name}", flush=True)
            cursor.execute((folder / name).read_text())
            cursor.execute("insert into schema_migrations (name) values (%s)", (name,))


def main():
    import psycopg2

    connection = psycopg2.connect(read_settings()["database"], connect_timeout=5)
    try:
        migrate(connection)
    finally:
        connection.close()
    print("migrations are up to date", flush=True)


if __name__ == "__main__":
    sys.exit(main())
