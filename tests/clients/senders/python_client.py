"""Run in an environment of its own: sends the calls on standard input with the Python client that they name."""

import importlib
import json
import sys
import warnings

warnings.simplefilter("ignore")
job = json.load(sys.stdin)
Client = importlib.import_module(job["module"]).Client
errors = []
client = Client(job["key"], host=job["url"], on_error=lambda error, batch: errors.append(str(error)), **job["options"])
for kind, arguments in job["calls"]:
    getattr(client, kind)(**arguments)
client.shutdown()
json.dump({"errors": errors}, sys.stdout)
