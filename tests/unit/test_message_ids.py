"""Ids made of what they stand for: the same for ever, or resent events would count twice after an update."""

import pytest

from dreamdata_relay.events.message_ids import derived_id, payload_id


@pytest.mark.parametrize(
    ("parts", "made"),
    [
        ((), "aae26fb2-e196-5137-adf1-d9b537d8b9e4"),
        ((b"",), "a5477904-3558-5d95-9f5e-1433f3d0207a"),
        ((b"", b""), "ebaa40ea-5451-572d-b44e-46d3d37503bb"),
        ((b"a", b"bc"), "57c531f6-78d5-5693-bde7-31cf56cb6fd7"),
        ((b"ab", b"c"), "9a736d10-4c1c-5117-becc-df07dc2a3128"),
        ((b"abc",), "632ed752-c85d-5465-9ca0-8bc89789b621"),
        ((b"m-1", b"0"), "5305fa61-92f9-5fef-b477-7fd5b4d1e1a6"),
        (("s\u00f8n".encode(), b"x" * 70_000), "07ec5ac9-8a77-591d-a2ff-016b55e87149"),
    ],
)
def test_the_same_parts_give_the_same_id_for_ever(parts: tuple[bytes, ...], made: str) -> None:
    assert derived_id(*parts) == made


def test_the_id_of_a_payload_is_the_same_for_ever() -> None:
    assert payload_id(["a", "b"]) == "533db966-17fb-533c-9a5b-e579a9ccfd7c"
