"""What to do with a stack that has just come up: lines to paste, from the project's folder."""

from local.commands import make, typed
from local.front.addresses import trust_lines
from local.stack import Stack


def next_steps(stack: Stack) -> list[str]:
    """An event to send, a look at what became of it, and where to see it."""
    return [
        "Try it:",
        *try_it(stack),
        f"  {typed(stack.state).command('status')}",
        "",
        f"See each event as it came and as it left: {stack.page_url}",
        *for_sdks(stack),
        f"End it: {make(stack.state, 'down')}",
    ]


def try_it(stack: Stack) -> list[str]:
    """Two events by curl."""
    return [
        # The key goes by a pipe: in an argument every process on the machine could read it.
        f"""  printf 'user = "%s:"' "$({_show_key(stack)})" | curl -K - -w '\\n' \\""",
        f"""    -H 'Content-Type: application/json' -d @events/http/guide-batch.json '{stack.api_url}/v1/batch'""",
    ]


def for_sdks(stack: Stack) -> list[str]:
    """Where SDKs send to, with which key, and whom they trust there."""
    where = f"Point an SDK at {stack.api_url} or, by https, {stack.api_https_url}"
    return [where, f"  with the key that this prints: {_show_key(stack)}", *trust_lines(stack)]


def _show_key(stack: Stack) -> str:
    return f"{typed(stack.state).settings}.venv/bin/python -m local show ingest_key"
