"""All dead letters moved by SQS itself: started, and watched to the end."""

import time
from contextlib import suppress

import typer
from botocore.exceptions import ClientError
from rich.progress import Progress

from relay_cli import output
from relay_cli.context import Chosen
from relay_cli.errors import NotAsWished

_EVERY_S = 2


def moves_by_itself(given: Chosen, rate: int | None) -> bool:
    """Start SQS's own move at ``rate`` messages a second and watch it; False where the emulator has none."""
    limit = {"MaxNumberOfMessagesPerSecond": rate} if rate else {}
    arn = given.stack.output("DeadLetterQueueArn")
    try:
        given.stack.sqs.start_message_move_task(SourceArn=arn, DestinationArn=given.stack.output("QueueArn"), **limit)
    except ClientError as error:
        if given.stack.is_local and error.response["Error"]["Code"] == "InvalidAction":
            output.say("the emulator moves no messages by itself: moved one by one")
            return False
        raise
    return _watched(given, arn)


def _watched(given: Chosen, arn: str) -> bool:
    """Watch the move to its end; Ctrl-C leaves it running, status 130."""
    with Progress(console=output.errors) as bar, suppress(KeyboardInterrupt):
        task = bar.add_task("moved by SQS", total=None)
        while True:
            move = given.stack.sqs.list_message_move_tasks(SourceArn=arn, MaxResults=1)["Results"][0]
            moved = move.get("ApproximateNumberOfMessagesMoved", 0)
            bar.update(task, completed=moved, total=move.get("ApproximateNumberOfMessagesToMove"))
            if move["Status"] not in ("RUNNING", "CANCELLING"):
                break
            time.sleep(_EVERY_S)
        if given.json:
            output.as_json({"moved": moved, "status": move["Status"], "reason": move.get("FailureReason")})
        else:
            typer.echo(f"{moved} moved by SQS: {move['Status']}")
        if move["Status"] != "COMPLETED":
            raise NotAsWished(f"SQS ended the move: {move.get('FailureReason') or move['Status']}")
        return True
    output.say("SQS goes on moving; see: aws sqs list-message-move-tasks")
    raise typer.Exit(130)
