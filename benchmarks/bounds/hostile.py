"""Events made to cost more than others: each family gives as many as asked for, or one of that many pieces."""

from collections.abc import Callable, Mapping, Sequence

_START = '{"type":"page","userId":"u","timestamp":"2026-11-23T12:00:00.000Z","messageId":'


def _event(number: int, properties: str) -> bytes:
    return f'{_START}"m-{number}","properties":{{{properties}}}}}'.encode()


def _each(properties: str) -> Callable[[int], list[bytes]]:
    return lambda count: [_event(number, properties) for number in range(count)]


def _broken(count: int) -> list[bytes]:
    """Each breaks a rule that only looking closer shows."""
    breaks = ('"type":"track"', '"timestamp":"yesterday"', '"context":7', '"userId":{}')
    return [f'{_START}"m-{number}",{breaks[number % len(breaks)]}}}'.encode() for number in range(count)]


def _one_id(count: int) -> list[bytes]:
    return [_event(1, f'"n":{number}') for number in range(count)]


def _hidden_names(count: int) -> list[bytes]:
    return [f'{{"t\\u0079pe":"page","us\\u0065rId":"u","m\\u0065ssageId":"m-{n}"}}'.encode() for n in range(count)]


# So many events of one kind each.
MANY: Mapping[str, Callable[[int], Sequence[bytes]]] = {
    "nested 100 deep": _each('"a":' + "[" * 100 + "]" * 100),
    "50 members": _each(",".join(f'"k{number}":{number}' for number in range(50))),
    "40 escapes": _each('"a":"' + r"\u00e9\"\\\n" * 10 + '"'),
    "a lone surrogate": _each(r'"a":"\ud800"'),
    "a number of 300 digits": _each('"a":' + "9" * 300 + ',"b":1e999'),
    "NaN": _each('"a":NaN'),
    "broken": _broken,
    "all with one id": _one_id,
    "names as escapes": _hidden_names,
    "empty": lambda count: [b"{}"] * count,
}
# One event of so many pieces.
LARGE: Mapping[str, Callable[[int], Sequence[bytes]]] = {
    "one nested so deep": lambda count: [_event(1, '"a":' + "[" * count + "]" * count)],
    "one of so many members": lambda count: [_event(1, ",".join(f'"k{number}":1' for number in range(count)))],
    "one of so many escapes": lambda count: [_event(1, '"a":"' + r"\ud83d" * count + '"')],
    "one number of so many digits": lambda count: [_event(1, '"a":' + "9" * count)],
}
