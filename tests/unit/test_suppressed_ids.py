"""The ids of the person that an event is about: no way of writing an event hides them."""

import json

import pytest

from dreamdata_relay.privacy.suppressed_ids import MOST_LOOKED_UP, PersonId, ids_of

U, A = PersonId("user", "u"), PersonId("anonymous", "a")
E = PersonId("email", "jo@x.com")
U_MAIL = [PersonId("user", "Jo@x.com"), E]


@pytest.mark.parametrize(
    ("event", "ids"),
    [
        ('{"userId":"u"}', [U]),
        ('{"anonymousId":"a","userId":"u"}', [U, A]),
        ('{"previousId":"a"}', [PersonId("user", "a"), A]),
        ('{"traits":{"email":" Jo@X.com\\n"}}', [E]),
        ('{"context":{"traits":{"email":"jo@x.com"}}}', [E]),
        ('{"properties":{"email":"jo@x.com"}}', [E]),
        ('{"userId":"Jo@x.com"}', U_MAIL),
        ('{"userId":"u","userId":"v"}', [U, PersonId("user", "v")]),
        ('{"userId":"u","userId":null}', [U]),
        ('{"userId":null,"userId":"u"}', [U]),
        ('{"user\\u0049d":"u"}', [U]),
        ('{"userId":"v","\\u0075serId":"u"}', [PersonId("user", "v"), U]),
        ('{"userId":"\\u0075"}', [U]),
        ('{ "userId" \n:\t"u" }', [U]),
        ('\n{"userId":"u"}', [U]),
        ('{"userId":12}', [PersonId("user", "12")]),
        ('{"userId":1.2E1}', [PersonId("user", "12")]),
        ('{"userId":12.5,"anonymousId":-0}', [PersonId("user", "12.5"), PersonId("anonymous", "0")]),
        ('{"userId":"u","x":"\\ud800"}', [U]),
        ('{"userId":"\\ud800"}', [PersonId("user", "\ud800")]),
        ('{"userId":"\\ud83d\\ude00"}', [PersonId("user", "😀")]),
        ('{"userId":"u","x":NaN}', [U]),
        ('{"userId":["v"],"anonymousId":"a"}', [A]),
        ('{"userId":{"userId":"v"},"anonymousId":true}', []),
        ('{"userId":"","anonymousId":null}', []),
        ('{"traits":"none","userId":"u"}', [U]),
        ('{"traits":[],"properties":{"email":"jo@x.com"}}', [E]),
        ('{"traits":{"email":"jo@x.com"},"traits":{}}', [E]),
        ('{"traits":{"email":"jo@x.com","email":1}}', [E, PersonId("email", "1")]),
        ('{"traits":{"\\u0065mail":"jo@x.com"}}', [E]),
        ('{"context":{"traits":{"email":"jo@x.com"}},"context":{}}', [E]),
        ('{"context":{"traits":{"email":"jo@x.com"},"traits":{}}}', [E]),
        ('{"context":{"traits":{"email":"jo@x.com"},"tra\\u0069ts":7}}', [E]),
        ('{"properties":{"medium":"email","userId":"v"},"userId":"u"}', [U]),
        ('{"properties":{"friend":{"email":"v@x.com"}},"email":"w@x.com","userId":"u"}', [U]),
        ('{"properties":{"text":"{\\"userId\\":\\"v\\"}"},"userId":"u"}', [U]),
        ("{}", []),
        ("[]", []),
        ("7", []),
        ("", []),
        ('{"userId":"u"', []),
    ],
)
def test_ids_are_found_however_they_are_written(event: str, ids: list[PersonId]) -> None:
    assert sorted(ids_of(event.encode())) == sorted(ids)


def test_an_event_that_nests_deep_is_read() -> None:
    deep = "[" * 100_000 + "]" * 100_000
    assert ids_of(f'{{"x":{deep},"userId":"u"}}'.encode()) == [U]


def test_of_thousands_of_repeats_the_first_and_the_last_are_looked_up() -> None:
    """These are what readers take; the time for one event stays bounded."""
    event = "{" + ",".join(f'"userId":"{number}"' for number in range(10_000)) + "}"
    found = ids_of(event.encode())
    assert len(found) == 2 * MOST_LOOKED_UP
    assert found[0].text == "0"
    assert found[-1].text == "9999"


def test_a_member_after_thousands_of_others_is_found() -> None:
    event = json.dumps({**{f"m{number}": number for number in range(10_000)}, "userId": 7})
    assert ids_of(event.encode()) == [PersonId("user", "7")]
