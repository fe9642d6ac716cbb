"""relay dead export."""

from pathlib import Path
from typing import Annotated

import typer

from relay_cli import output
from relay_cli.context import chosen, in_a_line
from relay_cli.dead_choice import Reason, Since, Source, Type, Until, choice_of, each_letter, end_as_wished
from relay_cli.exports import written_aside
from relay_cli.interrupts import Interrupts
from relay_cli.letters import Letter
from relay_cli.moments import dead_letters


@in_a_line
def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A new file: a JSON object on each line, body included.")],
    reason: Reason = None,
    type_: Type = None,
    source: Source = None,
    since: Since = None,
    until: Until = None,
) -> None:
    """Write the dead letters to a file; they stay where they are. Status 1 when some were hidden."""
    given = chosen(context)
    choice = choice_of(given, reason, type_, source, since, until)
    # The stack is found before a file is made: without one none is left.
    given.stack.output("DeadLetterQueueUrl")
    count = 0
    # Of an interrupt neither the file nor a part of it is left.
    with Interrupts(last=True), written_aside(file) as written:

        def found(letter: Letter) -> None:
            nonlocal count
            if choice.fits(letter):
                written.write(letter.exported())
                count += 1

        hidden = each_letter(given, found)
    if given.json:
        output.as_json({"exported": count, "file": str(file), "hidden_by_others": hidden.others})
    else:
        output.line(f"{dead_letters(count)} written to {file}")
    end_as_wished(hidden)
