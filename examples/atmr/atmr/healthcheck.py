"""The web service's healthcheck: /health must respond with 200. Prints what it says otherwise."""

import sys
import urllib.error
import urllib.request

try:
    urllib.request.urlopen("http://127.0.0.1:5000/health", timeout=4).close()
except urllib.error.HTTPError as error:
    sys.exit(error.read().decode())
except OSError as error:
    sys.exit(f"no response: {error}")
