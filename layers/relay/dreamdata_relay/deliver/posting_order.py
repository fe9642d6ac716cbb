"""Puts an invocation's payloads into the order in which they are posted."""

from collections.abc import Callable, Sequence

from dreamdata_relay.deliver.payloads import Payload

_RECEIVES_TO_TURN = 8


def in_order(
    payloads: Sequence[Payload], confirming: Callable[[Payload], bool], halvings: Callable[[Payload], int]
) -> list[Payload]:
    """Return ``payloads`` in the order of posting; isolated ones are halved as often as ``halvings`` says.

    A payload that is ``confirming`` a refusal comes last but one, because an acceptance after it proves most.
    """
    refused = [payload for payload in payloads if confirming(payload)]
    others = _turned([payload for payload in payloads if not confirming(payload)])
    ordered = [*others[:-1], *refused, *others[-1:]]
    return [part for one in ordered for part in (one.parts(halvings(one)) if one.isolates else (one,))]


def _turned(payloads: list[Payload]) -> list[Payload]:
    """Return ``payloads`` with another isolated one first among the isolated ones, as their receives go on.

    Events with one id are in payloads of their own: if the first one's is answered 401, the others are not posted.
    """
    isolated = [payload for payload in payloads if payload.isolates]
    if len(isolated) < 2:
        return payloads
    # Slower than what turns the parts of one.
    first = isolated[0].receives // _RECEIVES_TO_TURN % len(isolated)
    turned = iter(isolated[first:] + isolated[:first])
    return [next(turned) if payload.isolates else payload for payload in payloads]
