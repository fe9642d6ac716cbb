"""Run in an environment of its own: sends the calls on standard input with rudder-sdk-python."""

import json
import sys
import warnings

warnings.simplefilter("ignore")
from rudderstack.analytics.client import Client  # type: ignore[import-not-found]  # noqa: E402  # installed there, not here

job = json.load(sys.stdin)
errors = []
client = Client(job["key"], host=job["url"], on_error=lambda error, batch: errors.append(str(error)), **job["options"])
for kind, arguments in job["calls"]:
    getattr(client, kind)(**arguments)
client.shutdown()
json.dump({"errors": errors}, sys.stdout)
