"""The emulator with IAM enforced, and two facts about requests told as they are on AWS.

The queues' policies deny whatever does not come over TLS, as they should; the emulator speaks plain http on loopback
and would deny the functions too: here its requests count as TLS. And SQS asks for the right to the single call where a
batch is sent, hidden or deleted (there is no action SendMessageBatch); the emulator asks for one of that name. No
policy is changed. Run by the emulator's Python in place of ``local/emulator/start.py``, which it then starts.
"""

import importlib
import os
import runpy
import sys
from typing import Any


def bridge_batches() -> None:
    """Judge SQS's batch calls by the action of the single call."""
    actions: Any = importlib.import_module("ministack.core.iam_actions")
    emulator: Any = importlib.import_module("ministack.app")
    extract = actions.extract_iam_action

    def extracted(service: str, *request: Any) -> Any:
        action = extract(service, *request)
        return action.removesuffix("Batch") if service == "sqs" and action else action

    actions.extract_iam_action = extracted
    if hasattr(emulator, "extract_iam_action"):
        emulator.extract_iam_action = extracted


def main() -> None:
    """Start the emulator."""
    os.environ["AUTH"] = "true"
    emulator: Any = importlib.import_module("ministack.app")
    pin = emulator.pin_request_origin
    emulator.pin_request_origin = lambda address, secure: pin(address, True)
    bridge_batches()
    # What it starts sees the arguments that it would have had by itself.
    del sys.argv[0]
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
