"""Everything that the application needs from its environment. A value that is missing is named before anything starts."""

import base64
import binascii
import os

REQUIRED = ("SQLALCHEMY_DATABASE_URI", "REDIS_URL", "SECRET_KEY", "JWT_SECRET_KEY", "APP_ENCRYPTION_KEY_B64")


class SettingsError(Exception):
    pass


def read_settings(env=os.environ):
    missing = [name for name in REQUIRED if not env.get(name)]
    if missing:
        raise SettingsError(f"{' and '.join(missing)} must be set")
    try:
        key = base64.b64decode(env["APP_ENCRYPTION_KEY_B64"], validate=True)
    except binascii.Error as error:
        raise SettingsError("APP_ENCRYPTION_KEY_B64 must be base64") from error
    if len(key) != 32:
        raise SettingsError(f"APP_ENCRYPTION_KEY_B64 must hold 32 bytes, not {len(key)}")
    return {
        "database": env["SQLALCHEMY_DATABASE_URI"],
        "redis": env["REDIS_URL"],
        "version": env.get("VERSION", "dev"),
        "commit": env.get("COMMIT", ""),
    }
