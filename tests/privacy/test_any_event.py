"""Any actions on any event do what a plain second implementation does, and nothing else changes."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.privacy import reference
from tests.privacy.compiled import action, keys, path, rule, rules

ORDINARY = ["context", "traits", "ip", "email"]
NAMES = [*ORDINARY, "é.x", "a/b", '"', "q\\", "😀", ""]
STRINGS = [
    *(
        "83.1.2.77",
        " 1.2.3.4",
        "999.1.1.1",
        "2001:db8:1:2::5",
        "::ffff:1.2.3.4",
        "fe80::1%eth0",
        "2002:c000:0204::1",
        "",
        " ",
        "***",
        "***ab",
    ),
    *("Jane@Acme.com", " a.b@x.org ", "@x.org", "jane", "a@b@c.de", "a@b c.de", "é@é.dk", "a@1.2", "x\ud800@y.z"),
    *("https://x.y/p?utm_a=1&q=2#f", "?q", "x?utm_a=1&utm_b", "x?utm_a=1;q=2", "x?utm_a=y?q=1", "x?=1&utm_=", "#a?b"),
    *(
        "\ud800",
        "😀😀😀",
        "\0\x1f",
        "a" * 64,
        "A0" * 32,
        '"},"ip":"1',
        "ip",
        "context",
        "psn_k1_" + "a" * 22 + "_" + "b" * 11,
    ),
]
LEAVES = st.one_of(
    st.sampled_from(STRINGS).map(json.dumps),
    st.sampled_from(["0", "-1.50", "1e400", "12345678901234567890", "true", "false", "null"]),
)
ORDINARY_LEAVES = LEAVES.filter(lambda text: "\\u" not in text)
STEPS = st.sampled_from([*NAMES[:6], "\0*", "\0**", "\0[]"])
NAMED = st.sampled_from(ORDINARY)
PATHS = st.one_of(
    st.lists(STEPS, min_size=1, max_size=4),
    st.lists(NAMED, min_size=1, max_size=2),
    st.tuples(NAMED, STEPS, NAMED).map(list),
)
SPACES = st.sampled_from(["", "", " ", "\n\t"])


@st.composite
def spelled(draw: st.DrawFn, text: str, escapes: bool) -> str:
    """A JSON string, some of its characters written as escapes."""
    plain = json.dumps(text, ensure_ascii=draw(st.booleans()) or not _writable(text))
    if not escapes or not text or not draw(st.booleans()):
        return plain
    place = draw(st.integers(0, len(text) - 1))
    units = text[place].encode("utf-16-be", "surrogatepass").hex()
    code = "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))
    return f'"{json.dumps(text[:place])[1:-1]}{code}{json.dumps(text[place + 1 :])[1:-1]}"'


def _writable(text: str) -> bool:
    return not any("\ud800" <= one <= "\udfff" for one in text)


@st.composite
def values(draw: st.DrawFn, levels: int, odd: bool, space: str) -> str:
    kind = draw(st.integers(0, 4)) if levels else 0
    if kind < 2:
        leaf = draw(LEAVES if odd else ORDINARY_LEAVES)
        return draw(spelled(json.loads(leaf), odd)) if leaf[0] == '"' and odd else leaf
    if kind == 2:
        items = draw(st.lists(values(levels - 1, odd, space), max_size=3))
        return "[" + space + (space + "," + space).join(items) + space + "]"
    return draw(objects(levels - 1, odd, space))


@st.composite
def objects(draw: st.DrawFn, levels: int, odd: bool, space: str, first: str = "") -> str:
    if odd:
        names = draw(st.lists(st.sampled_from(NAMES), max_size=5))
    else:
        names = draw(st.permutations([*ORDINARY, "x"]))[: draw(st.integers(2, 5))]
    members = [first] if first else []
    for name in names:
        key = draw(spelled(name, odd))
        members.append(f"{key}{space}:{space}{draw(values(levels, odd, space))}")
    if odd:
        members = draw(st.permutations(members))
    return "{" + space + (space + "," + space).join(members) + space + "}"


@st.composite
def events(draw: st.DrawFn) -> str:
    """Two thirds of them ordinary: no name twice, none by escapes."""
    odd = draw(st.integers(0, 2)) == 2
    return draw(objects(draw(st.integers(1, 3)), odd, draw(SPACES), '"type":"track"'))


# Each name stands at one place, as in most events.
USUAL: dict[str, Any] = {
    "context": {"ip": 0, "page": {"url": 0, "title": 0}},
    "traits": {"email": 0, "phone": 0},
    "userId": 0,
    "properties": {"items": [{"token": 0}], "plan": 0},
}
USUAL_PATHS = st.sampled_from(
    [
        *(
            ["context", "ip"],
            ["context", "page", "url"],
            ["context", "page"],
            ["traits"],
            ["traits", "phone"],
            ["userId"],
        ),
        *(["traits", "email"], ["properties", "**", "token"], ["properties", "items", "[]", "token"], ["**", "token"]),
        *(["properties", "plan"], ["context", "*"], ["properties", "*", "*"], ["nothing"], ["traits", "new"]),
    ]
).map(lambda steps: path(*steps))


@st.composite
def usual_events(draw: st.DrawFn) -> str:
    space = draw(SPACES)

    def text_of(value: Any) -> str:
        if value == 0:
            return draw(ORDINARY_LEAVES)
        if isinstance(value, list):
            return "[" + ",".join(map(text_of, value)) + "]"
        names = draw(st.permutations(list(value)))[: draw(st.integers(max(len(value) - 1, 1), len(value)))]
        return "{" + f"{space},{space}".join(f'"{name}"{space}:{space}{text_of(value[name])}' for name in names) + "}"

    return '{"type":"track",' + text_of(USUAL)[1:]


@st.composite
def actions(draw: st.DrawFn, paths: st.SearchStrategy[list[str]] = PATHS) -> dict[str, Any]:
    do = draw(st.sampled_from(["drop", "allow_only", "pseudonymise", "pseudonymise_email", "hash", "mask", "truncate",
                               "truncate_ip", "strip_query", "set"]))  # fmt: skip
    at = draw(st.lists(paths, min_size=1, max_size=1 if do == "set" else 2))
    if do == "allow_only":
        return action(do, *at, members=draw(st.lists(st.sampled_from(NAMES), max_size=3)))
    if do == "mask":
        return action(do, *at, keep_last=draw(st.integers(0, 4)))
    if do == "truncate":
        return action(do, *at, characters=draw(st.integers(0, 4)))
    if do == "strip_query":
        return action(do, *at, keep=draw(st.sampled_from([[], ["utm_*"], ["q", "utm_a"]])))
    if do == "set":
        at[0][-1] = draw(st.sampled_from([*NAMES, "token", "phone"]))
        return action(do, *at, to=draw(st.sampled_from(['"x"', "1", "null"])))
    return action(do, *at)


def is_root(one: dict[str, Any]) -> bool:
    """Whether the whole event is what is wanted, which no rule may say."""
    return any(set(path) <= {"\0**"} for path in one["at"])


SOME = actions().filter(lambda one: not is_root(one))
SOME_USUAL = actions(USUAL_PATHS)
CASES = st.tuples(events(), st.lists(SOME, min_size=1, max_size=4))
USUAL_CASES = st.tuples(usual_events(), st.lists(SOME_USUAL, min_size=1, max_size=4))


@settings(deadline=None, max_examples=200)
@given(CASES | USUAL_CASES)
def test_the_result_is_that_of_the_reference(case: tuple[str, list[dict[str, Any]]]) -> None:
    event, done = case
    node = reference.parsed(event)
    changed = []
    for number, one in enumerate(done):
        before = reference.written(node)
        node = reference.acted(node, one)
        if same(reference.written(node)) != same(before):
            changed.append(f"r{number}")

    found = rules(*(rule(one, name=f"r{number}") for number, one in enumerate(done))).judged(
        event.encode(), "queue", keys()
    )

    assert found.text is not None
    assert same(reference.written(reference.parsed(found.text.decode()))) == same(reference.written(node))
    assert list(found.changed) == changed


def same(text: str) -> str:
    """New strings may be written with or without escapes; those that stay are compared by the next test."""
    return json.dumps(json.loads(text, object_pairs_hook=list, parse_float=str, parse_int=str))


@settings(deadline=None, max_examples=200)
@given(CASES | USUAL_CASES)
def test_what_is_not_named_stays_as_written_and_twice_is_once(case: tuple[str, list[dict[str, Any]]]) -> None:
    event, (done, *_) = case
    made, text = rules(rule(done)), event.encode()

    found = made.judged(text, "queue", keys()).text

    assert found is not None
    assert made.judged(found, "queue", keys()) == (found, None, ())
    # What the reference leaves as written is in the result as written, in its order.
    expected = reference.parsed(event)
    kept, tokens = tokens_of(reference.acted(expected, done)), tokens_of(reference.parsed(found.decode()))
    assert len(kept) == len(tokens)
    originals = set(tokens_of(expected))
    assert [token for token in kept if token in originals] == [
        token for token, own in zip(tokens, kept, strict=True) if own in originals
    ]
    if len(kept) == len(tokens_of(expected)) and found != text:
        assert spaces_of(found.decode()) == spaces_of(event)


def tokens_of(node: reference.Node) -> list[str]:
    """Names and leaves as written, with brackets."""
    if isinstance(node, reference.Leaf):
        return [node.raw]
    if isinstance(node, reference.Array):
        return ["[", *(token for item in node.items for token in tokens_of(item)), "]"]
    return ["{", *(token for key, value in node.members for token in (key + ":", *tokens_of(value))), "}"]


def spaces_of(text: str) -> list[str]:
    """The runs of spaces outside strings."""
    runs, place = [""], 0
    while place < len(text):
        if text[place] == '"':
            place = json.JSONDecoder().raw_decode(text, place)[1]
            runs.append("")
            continue
        if text[place] in " \t\r\n":
            runs[-1] += text[place]
        else:
            runs.append("")
        place += 1
    return [run for run in runs if run]
