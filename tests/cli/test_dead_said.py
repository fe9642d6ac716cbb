"""What `relay dead` says of letters: totals are totals, an empty list says why, nothing is "None"."""

import json

from tests.cli.conftest import DEAD, QUEUE, Bench


def fill(bench: Bench, count: int = 25) -> None:
    """Letters of two reasons, the first one without a status."""
    for number in range(count):
        code = "type_unknown" if number % 5 else "group_id_missing"
        bench.sqs.put(DEAD, json.dumps({"type": "x", "n": number}), error_code=code)


def test_counts_are_of_all_however_few_are_listed(bench: Bench) -> None:
    """The oldest are listed."""
    fill(bench)
    newest = bench.sqs.queues[DEAD].pop()
    newest.sent_at += 60
    bench.sqs.queues[DEAD].insert(0, newest)
    told = bench.json("dead", "list", "--most", "3")
    assert newest.message_id not in [letter["id"] for letter in told["letters"]]
    assert (len(told["letters"]), told["total"]) == (3, 25)
    assert told["reasons"] == {"type_unknown": 20, "group_id_missing": 5}
    assert "25  in all; the 3 oldest are listed (--most)" in bench.run("dead", "list", "--most", "3").stdout


def test_a_reason_with_a_typing_error_gets_a_hint(bench: Bench) -> None:
    """What was meant, and what is there."""
    fill(bench)
    for command in (("list",), ("redrive", "--dry-run")):
        done = bench.run("dead", *command, "--reason", "type_unkown")
        assert "type_unkown is no error_code of this version's; did you mean type_unknown?" in done.stderr
    done = bench.run("dead", "list", "--reason", "identity_missing")
    assert "none fits; there are: type_unknown (20), group_id_missing (5)" in done.stderr
    assert "no error_code" not in done.stderr


def test_an_empty_list_says_that_letters_may_be_on_their_way(bench: Bench) -> None:
    """What was redriven is refused again a minute later."""
    bench.sqs.put(QUEUE, "{}")
    assert "1 message on the queue: what is refused of them, or again" in bench.run("dead", "list").stderr
    fill(bench)
    assert "is a dead letter again a minute or so later" in bench.run("dead", "redrive", "--all").stdout


def test_what_a_letter_does_not_have_is_not_shown(bench: Bench) -> None:
    """One that Dreamdata never saw has no status."""
    fill(bench, 1)
    done = bench.run("dead", "show", "m0")
    assert done.exit_code == 0
    assert "status" not in done.stdout
    assert "None" not in done.stdout
