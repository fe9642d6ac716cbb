"""A hostile or broken file ends with a reason, after work that its size bounds."""

import sys
from collections.abc import Callable
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules_compiler import RulesInvalid, compiled
from rules_compiler.yaml_tree import MAX_FILE_BYTES, MOST_DEPTH
from tests.unit.rules_files import BAD, GOOD

_BOMB = "a: &a [x, x, x]\n" + "".join(
    f"{b}: &{b} [*{a}, *{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
HOSTILE = {
    "aliases that multiply": (_BOMB, "aliases (*name) are not read"),
    "an alias of itself": ("&a [*a]", "aliases (*name) are not read"),
    "a merge": ("version: 1\nrules: []\n<<: {x: 1}\n", "has no member '<<'"),
    "too large": ("#" * (MAX_FILE_BYTES + 1), "more than the 200,000 bytes"),
    "lists in lists": ("[" * 100_000, f"nested more than {MOST_DEPTH} deep"),
    "objects in objects": ("{" * 100_000, f"nested more than {MOST_DEPTH} deep"),
    "dashes in a row": ("- " * 90_000, f"nested more than {MOST_DEPTH} deep"),
    "questions in a row": ("? " * 90_000, f"nested more than {MOST_DEPTH} deep"),
    "members twice": ("version: 1\nrules: []\nrules: []\n", "'rules' stands twice"),
    "members twice, spelled otherwise": ('version: 1\nrules: []\n"r\\x75les": []\n', "'rules' stands twice"),
    "a list as a name": ("? [a]\n: b\n", "the name of a member is a text"),
    "two documents": ("version: 1\nrules: []\n---\nversion: 1\n", "a second document"),
    "a tag of Python's": (
        "!!python/object/apply:os.system [x]",
        "tags (tag:yaml.org,2002:python/object/apply:os.system)",
    ),
    "a binary": ("version: 1\nrules: !!binary YQ==\n", "tags (tag:yaml.org,2002:binary)"),
    "a control character": ("version: 1\x07\n", "a control character"),
    "half a list": ("version: 1\nrules: [\n", "not YAML"),
    "no such character": ('"\\UFFFFFFFF"', "not YAML"),
    "a version of many digits": ("%YAML 1." + "9" * 5_000 + "\n---\na", "not YAML"),
    "a number of many digits": ("version: " + "9" * 100_000, "version is 1"),
    "a tab for blanks": ("version: 1\nrules:\n\t- a\n", "not YAML"),
}


@pytest.mark.parametrize(("text", "reason"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_file_ends_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(RulesInvalid) as raised:
        compiled(text.encode())
    assert reason in str(raised.value)
    assert len(str(raised.value)) < 20_000


def test_what_is_no_utf_8_is_told_with_its_place() -> None:
    with pytest.raises(RulesInvalid, match=r"^rules\.yaml:2:4: not UTF-8$"):
        compiled(b"version: 1\nab \xff")


def calls_of(text: str) -> int:
    """How many functions of Python's are called until it is refused: work without a clock."""
    calls = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        compiled(text.encode())
    except RulesInvalid:
        pass
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.parametrize(
    "made",
    [
        lambda count: "[" + "a," * count + "]",
        lambda count: "[" + "&a x," * count + "]",
        lambda count: "version: 1\nrules:\n" + " - x\n" * count,
        lambda count: "".join(f"k{index}: 1\n" for index in range(count)),
        lambda count: "- - - x\n" * count,
    ],
)
def test_work_grows_with_the_file_and_no_faster(made: Callable[[int], str]) -> None:
    assert calls_of(made(2_000)) < 2.5 * calls_of(made(1_000))


def places(text: bytes) -> list[tuple[int, int]]:
    """Where the faults are that it is refused for; anything else that is raised is one of the compiler."""
    try:
        compiled(text)
    except RulesInvalid as refused:
        return [(problem.line, problem.column) for problem in refused.problems] or [(0, 0)]
    return []


@given(st.one_of(st.text(), st.binary().map(lambda data: data.decode("latin-1"))))
def test_any_text_is_compiled_or_refused(text: str) -> None:
    assert all(line and column for line, column in places(text.encode(errors="surrogatepass")))


@given(st.sampled_from([*GOOD, *(bad.text for bad in BAD)]), st.data())
def test_a_file_with_a_slip_is_compiled_or_refused(text: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text)))
    slip = data.draw(st.sampled_from([*"{}[]:,&*!|>%@`'\"#-?\n\t \0", "é", "- ", ": ", "null", "1"]))
    length = data.draw(st.integers(0, 3))
    found = places((text[:place] + slip + text[place + length :]).encode())
    assert all(line and column for line, column in found)
