"""`python -m local.log_writer STATE_DIR`: copies the functions' logs into files, so that they outlive the emulator.

The emulator keeps what a function prints in its CloudWatch Logs, that is in memory. This process reads new lines every
second, as a person would with `aws logs tail --follow`, and ends with the emulator.
"""

import sys
import time
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from local.places import StateDir
from local.stack import Stack

_EVERY_SECONDS = 1.0


class LogCopy:
    """One function's log, from its log group into a file."""

    def __init__(self, stack: Stack, group: str, target: Path) -> None:
        self._logs = stack.aws.logs
        self._group = group
        self._target = target
        self._from = 0
        self._written: set[str] = set()

    def write_new(self) -> None:
        """Append what is new; raises botocore's errors."""
        try:
            events = self._logs.filter_log_events(logGroupName=self._group, startTime=self._from)["events"]
        except self._logs.exceptions.ResourceNotFoundException:
            return
        with self._target.open("a") as file:
            for event in events:
                # The emulator gives every invocation a stream of its own, and all its lines one time.
                if event["logStreamName"] not in self._written:
                    file.write(event["message"].rstrip("\n") + "\n")
        if events:
            self._from = events[-1]["timestamp"]
            self._written = {event["logStreamName"] for event in events if event["timestamp"] == self._from}


def log_groups(stack: Stack) -> dict[str, str]:
    """By function ("ingest", "deliver"): the log group that it writes to."""
    configurations = {
        name: stack.aws.functions.get_function_configuration(FunctionName=function)
        for name, function in stack.functions.items()
    }
    return {
        name: configuration.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{configuration['FunctionName']}"
        for name, configuration in configurations.items()
    }


def main() -> None:
    """Copy until the emulator is gone."""
    stack = Stack.load(StateDir(Path(sys.argv[1])))
    copies = [LogCopy(stack, group, Path(stack.logs[name])) for name, group in log_groups(stack).items()]
    emulator = next(process for process in stack.processes if process.name == "emulator")
    while emulator.is_alive():
        try:
            for copy in copies:
                copy.write_new()
        except (BotoCoreError, ClientError) as error:
            sys.stderr.write(f"{error}\n")
        time.sleep(_EVERY_SECONDS)


if __name__ == "__main__":
    main()
