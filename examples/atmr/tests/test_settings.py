import base64
import unittest

from atmr.migrate import names, pending
from atmr.settings import SettingsError, read_settings

COMPLETE = {
    "SQLALCHEMY_DATABASE_URI": "postgresql://atmr@postgres/atmr",
    "REDIS_URL": "redis://redis:6379/0",
    "SECRET_KEY": "a",
    "JWT_SECRET_KEY": "b",
    "APP_ENCRYPTION_KEY_B64": base64.b64encode(bytes(32)).decode(),
}


class Settings(unittest.TestCase):
    def test_reads_what_is_complete(self):
        self.assertEqual(read_settings(COMPLETE)["database"], "postgresql://atmr@postgres/atmr")

    def test_names_what_is_missing(self):
        with self.assertRaisesRegex(SettingsError, "SQLALCHEMY_DATABASE_URI must be set"):
            read_settings({**COMPLETE, "SQLALCHEMY_DATABASE_URI": ""})

    def test_refuses_a_short_key(self):
        with self.assertRaisesRegex(SettingsError, "32 bytes, not 16"):
            read_settings({**COMPLETE, "APP_ENCRYPTION_KEY_B64": base64.b64encode(bytes(16)).decode()})


class Migrations(unittest.TestCase):
    def test_are_applied_in_order_and_once(self):
        self.assertEqual(names()[0], "0001_bookings.sql")
        self.assertEqual(pending({"0001_bookings.sql"}, ["0001_bookings.sql", "0002_x.sql"]), ["0002_x.sql"])
