"""The events in what was sent, each as its own text: what byte equality is judged against.

Unwraps by code of its own, as the sandbox does: the relay must not be its own judge.
"""

import json

from local.sandbox.json_scan import end_of_value, read_array, read_document, read_object
from relay_cli.samples import BusEvent, Item, Message, Notification, Request


def event_texts(item: Item) -> list[str]:
    """The texts of all events in `item`; raises NotJsonError where there is none to be found."""
    match item:
        case Request(body=body):
            return _texts(body.decode())
        case Message(body=text) | Notification(message=text) | BusEvent(detail=text):
            return _texts(text)


def _texts(text: str) -> list[str]:
    text = text.strip()
    if text.startswith("["):
        return read_document(text, _array)
    document = read_document(text, read_object)
    members = document.members
    if "batch" in members:
        return read_document(members["batch"], _array)
    if "TopicArn" in members:
        return _texts(json.loads(members["Message"]))
    if "detail-type" in members:
        return _texts(members["detail"])
    return [document.text]


def _array(text: str, position: int) -> tuple[list[str], int]:
    return read_array(text, position, _item)


def _item(text: str, position: int) -> tuple[str, int]:
    end = end_of_value(text, position)
    return text[position:end], end
