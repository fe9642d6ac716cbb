"""relay sandbox. What serves it is imported when it runs."""

from typing import TYPE_CHECKING, Annotated

import typer

from dreamdata_relay.testing import USUAL_PORT
from relay_cli import interrupts, output
from relay_cli.context import chosen, in_a_line
from relay_cli.errors import WrongInput

if TYPE_CHECKING:
    from dreamdata_relay.testing.server import SandboxServer


@in_a_line
def sandbox(
    context: typer.Context,
    port: Annotated[int, typer.Option(help="On 127.0.0.1; 0 is any free one.", min=0, max=65_535)] = USUAL_PORT,
    key: Annotated[str | None, typer.Option(help="The only key to accept; else any.")] = None,
) -> None:
    """Take events as the relay does and send nothing on, for tests of what sends them; until Ctrl-C.

    It takes no stack. With --json the first line is what a program has to know, printed as soon as it answers.
    """
    from dreamdata_relay.testing.serving import facts, guidance, serve, summary

    given = chosen(context)
    interrupts.say_if_interrupted("the sandbox did not start")

    def ready(server: "SandboxServer") -> None:
        if given.json:
            output.as_json(facts(server))
        else:
            for line in guidance(server).splitlines():
                output.whole(line)

    try:
        server = serve(port, key, ready)
    except OSError as error:
        raise WrongInput(f"port {port} of 127.0.0.1: {error.strerror}; --port 0 takes a free one") from None
    output.say(f"relay: {summary(server)}")
