"""Run in an environment of its own: sends messages' events with Segment's Python client.

``public|queue UPLOAD_SIZE URL MESSAGES``. public: the calls their documents name; queue: events put on
the client's own queue, behind all of its checks and rewriting.
"""

import importlib
import json
import logging
import sys
import warnings
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from benchmarks.deliver.serving import messages_in, serve  # no package of the project's is here

warnings.simplefilter("ignore")
logging.disable()
# What each call takes of an event; the client writes the rest itself.
_MEMBERS = {
    "identify": ("traits",),
    "track": ("event", "properties"),
    "page": ("properties",),
    "screen": ("properties",),
    "group": ("traits",),
    "alias": (),
}


def main() -> None:
    """Send everything for each line on standard input, with a client of its own, and wait for the answers."""
    how, upload_size, url, path = sys.argv[1:]
    make = importlib.import_module("segment.analytics.client").Client
    bodies = messages_in(path)
    send: Callable[[Any, dict[str, Any]], None] = _call if how == "public" else _put

    def run() -> None:
        errors: list[str] = []
        client = make(
            "a-key",
            host=url,
            # Room for all: what does not fit is dropped with a line in the log.
            max_queue_size=30_000,
            upload_size=int(upload_size),
            gzip=False,
            on_error=lambda error, _: errors.append(repr(error)),
        )
        for body in bodies:
            for event in json.loads(body)["batch"]:
                send(client, event)
        client.shutdown()
        if errors:
            raise RuntimeError(errors[0])

    serve(run)


def _put(client: Any, event: dict[str, Any]) -> None:
    client.queue.put(event)


def _call(client: Any, event: dict[str, Any]) -> None:
    kind = event["type"]
    arguments = {name: event[name] for name in _MEMBERS[kind] if name in event}
    if kind == "group":
        arguments["group_id"] = event["groupId"]
    if kind == "alias":
        arguments["previous_id"] = event["previousId"]
    else:
        arguments["anonymous_id"] = event.get("anonymousId")
    getattr(client, kind)(
        user_id=event["userId"],
        context=event.get("context"),
        timestamp=datetime.fromisoformat(event["timestamp"]),
        message_id=event["messageId"],
        **arguments,
    )


if __name__ == "__main__":
    main()
