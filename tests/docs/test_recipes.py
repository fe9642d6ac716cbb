"""docs/recipes.md: what each template sends is an event that the relay takes; its roles may do no more than that."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from cfnlint.decode import cfn_yaml

from dreamdata_relay.deliver.message_parsing import unwrap
from dreamdata_relay.deliver.queued_messages import QueuedMessage
from tests.docs.recipes import recipes

RECIPES = recipes()
# A string, or a placeholder that AWS writes the quotes of.
_STRING_OR_PLACEHOLDER = re.compile(r'"[^"]*"|<[^<>]*>')
_PLACEHOLDER = re.compile(r"<[^<>]*>")


def sent(value: Any) -> Iterator[str]:
    """The texts of all events in a template."""
    if isinstance(value, dict):
        for name, member in value.items():
            if name in ("Input", "InputTemplate"):
                yield str(member)
            elif name == "MessageBody":
                yield json.dumps({key.removesuffix(".$"): inner for key, inner in member.items()})
            else:
                yield from sent(member)
    elif isinstance(value, list):
        for member in value:
            yield from sent(member)


def filled(text: str) -> str:
    """The text with a value for each placeholder, a time where it says so."""

    def value(found: re.Match[str]) -> str:
        return "2026-03-02T08:16:02Z" if "time" in found[0] else "value"

    def part(found: re.Match[str]) -> str:
        written = _PLACEHOLDER.sub(value, found[0])
        return written if found[0].startswith('"') else f'"{written}"'

    return _STRING_OR_PLACEHOLDER.sub(part, text)


SENT = [(name, text) for name, template in RECIPES.items() for text in sent(cfn_yaml.loads(template))]


def test_each_way_in_has_its_recipe() -> None:
    """All that the queue's senders can be."""
    kinds = set(re.findall(r"Type: (AWS::(?!IAM)\w+::\w+)", "".join(RECIPES.values())))
    assert {
        "AWS::Events::Rule",
        "AWS::SNS::Subscription",
        "AWS::StepFunctions::StateMachine",
        "AWS::Scheduler::Schedule",
        "AWS::Pipes::Pipe",
    } <= kinds
    assert any("InputTransformer" in template for template in RECIPES.values())
    assert any("RawMessageDelivery: true" in template for template in RECIPES.values())


def test_every_kind_of_text_sent_is_found() -> None:
    """Rule with transformer, task, schedule and pipe write events themselves."""
    assert len(SENT) == 4


@pytest.mark.parametrize(("name", "text"), SENT, ids=[name for name, _ in SENT])
def test_what_a_template_writes_is_an_event_with_an_id_of_its_own(name: str, text: str) -> None:
    """Accepted by the deliver function, and under the id that it was given."""
    body = filled(text)
    unwrapped = unwrap(QueuedMessage("message", "receipt", body))
    assert unwrapped.refusal is None
    assert (unwrapped.reading.refused, dict(unwrapped.floods)) == ([], {})
    assert unwrapped.message_ids == [json.loads(body)["messageId"]]


@pytest.mark.parametrize("name", RECIPES)
def test_a_role_may_do_no_more_than_it_is_for(name: str) -> None:
    """No wildcard in actions or resources of the roles."""
    template = cfn_yaml.loads(RECIPES[name])
    for resource in template["Resources"].values():
        for policy in resource["Properties"].get("Policies", ()):
            for statement in policy["PolicyDocument"]["Statement"]:
                assert "*" not in json.dumps([statement["Action"], statement["Resource"]])
