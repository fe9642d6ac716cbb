"""AWS's listings, page after page."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any


def pages(call: Callable[..., Mapping[str, Any]], mark: str = "NextToken", **asked: Any) -> Iterator[Mapping[str, Any]]:
    """Every page of ``call``; ``mark`` is what the place to go on from is called in question and answer alike.

    Lambda alone names them differently: Marker is asked with, NextMarker is answered.
    """
    while True:
        answer = call(**asked)
        yield answer
        following = answer.get(f"Next{mark}" if mark == "Marker" else mark)
        if not following:
            return
        asked = {**asked, mark: following}
