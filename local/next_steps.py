"""What to do with a stack that has just come up: lines to paste, from the project's folder."""

from local.places import ROOT, StateDir
from local.stack import Stack


def next_steps(stack: Stack) -> list[str]:
    """An event to send, a look at what became of it, and where to see it."""
    return [
        "Try it:",
        *try_it(stack),
        f"  {_settings(stack)}.venv/bin/relay --local status",
        "",
        f"See each event as it came and as it left: {stack.page_url}",
        *for_sdks(stack),
        "End it: make down",
    ]


def try_it(stack: Stack) -> list[str]:
    """Two events by curl."""
    return [
        # The key goes by a pipe: in an argument every process on the machine could read it.
        f"""  printf 'user = "%s:"' "$({_settings(stack)}.venv/bin/python -m local show ingest_key)" | curl -K - \\""",
        f"""    -H 'Content-Type: application/json' -d @events/http/guide-batch.json '{stack.api_url}/v1/batch'""",
    ]


def for_sdks(stack: Stack) -> list[str]:
    """Where SDKs send to, and with which key."""
    key = f"{_settings(stack)}.venv/bin/python -m local show ingest_key"
    return [f"Point an SDK at {stack.api_url}", f"  with the key that this prints: {key}"]


def _settings(stack: Stack) -> str:
    return "" if stack.state == StateDir(ROOT / ".local") else f"RELAY_LOCAL_DIR={stack.state_dir} "
