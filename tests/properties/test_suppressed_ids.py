"""The ids of an event are those that an independent reader finds, repeats and escapes included."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dreamdata_relay.privacy.suppressed_ids import Kind, PersonId, ids_of
from tests.examples import examples

NAMES = ("userId", "previousId", "anonymousId", "traits", "context", "properties", "email", "x", "")
KINDS: dict[str, tuple[Kind, ...]] = {
    "userId": ("user",),
    "previousId": ("user", "anonymous"),
    "anonymousId": ("anonymous",),
}
TEXTS = st.sampled_from(["", "u", " Jo@X.com ", "email", '"email":', '{"userId":"u"}', "\ud800", "😀", "\\u0075", "é"])
SCALARS = TEXTS.map(json.dumps) | st.sampled_from(["null", "true", "7", "-1.50", "1e2", "[]", '["u"]'])


class Pairs(list[tuple[str, Any]]):
    """An object's members in order, repeated ones too."""


def written_name(name: str, escaped: int) -> str:
    """``name`` as JSON, with the character at ``escaped`` as an escape."""
    characters = [f"\\u{ord(c):04x}" if place == escaped else c for place, c in enumerate(name)]
    return '"' + "".join(characters) + '"'


MEMBER_NAMES = st.builds(written_name, st.sampled_from(NAMES), st.sampled_from([-1, -1, -1, -1, 0, 3]))
SPACES = st.sampled_from(["", "", "", " ", "\n\t"])


def objects(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    member = st.builds(lambda name, a, b, value: f"{a}{name}{b}:{a}{value}", MEMBER_NAMES, SPACES, SPACES, values)
    return st.lists(member, max_size=5).map(lambda members: "{" + ",".join(members) + "}")


EVENTS = objects(SCALARS | objects(SCALARS | objects(SCALARS)))


def expected(event: str) -> set[PersonId]:
    found: set[PersonId] = set()

    def add_emails(value: Any) -> None:
        if isinstance(value, Pairs):
            texts = (text_of(inner) for name, inner in value if name == "email")
            found.update(PersonId("email", text.strip().lower()) for text in texts if text)

    for name, value in json.loads(event, object_pairs_hook=Pairs, parse_float=str):
        text = text_of(value)
        if name in KINDS and text:
            found.update(PersonId(kind, text) for kind in KINDS[name])
            if "@" in text:
                found.add(PersonId("email", text.strip().lower()))
        elif name in ("traits", "properties"):
            add_emails(value)
        elif name == "context" and isinstance(value, Pairs):
            for inner_name, inner in value:
                if inner_name == "traits":
                    add_emails(inner)
    return found


def text_of(value: Any) -> str | None:
    if isinstance(value, str):
        # A float, which is parsed as its text, is the only other value that comes as a string.
        return {"-1.50": "-1.50", "1e2": "100"}.get(value, value)
    return str(value) if type(value) is int else None


@settings(max_examples=examples(1_500), deadline=None)
@given(EVENTS)
def test_the_ids_are_those_of_every_member_that_any_reader_may_take(event: str) -> None:
    assert set(ids_of(event.encode())) == expected(event)
