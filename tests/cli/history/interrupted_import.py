"""`relay import` in a process of its own, to be killed: the stack's address is the first argument."""

import os
import sys
from typing import Any

from relay_cli import context, main
from relay_cli.history import batching
from relay_cli.interrupts import end_at_once
from relay_cli.stack import RelayStack
from tests.cli.conftest import OUTPUTS
from tests.fakes.relay import RELAY_KEY

EVENTS_A_BATCH = 30


class _Session:
    def client(self, *_: Any, **__: Any) -> "_Session":
        """Every service is this one."""
        return self

    def get_secret_value(self, **_: Any) -> dict[str, str]:
        """The relay keys."""
        return {"SecretString": f'{{"default": "{RELAY_KEY}"}}', "VersionId": "v1"}


if __name__ == "__main__":
    if "FULL_BATCHES" not in os.environ:
        batching.MOST_EVENTS = EVENTS_A_BATCH
    url, *arguments = sys.argv[1:]
    context.find_stack = lambda *_: RelayStack("shop", OUTPUTS, url, _Session())  # type: ignore[attr-defined]
    sys.argv = ["relay", "--stack", "shop", "import", *arguments]
    end_at_once()
    main.main()
