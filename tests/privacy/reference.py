"""What the actions do, written a second time and plainly: a parsed tree, recursion, no spans, the standard library.

Every value keeps its text as written, so that what is to stay the same can be compared to the letter.
"""

import base64
import hashlib
import hmac
import ipaddress
import json
import re
from dataclasses import dataclass, field
from typing import Any

from tests.privacy.compiled import KEYS

type Action = dict[str, Any]


@dataclass(eq=False)
class Leaf:
    raw: str

    @property
    def text(self) -> str | None:
        """None for null."""
        if self.raw == "null":
            return None
        return str(json.loads(self.raw)) if self.raw[0] == '"' else self.raw


@dataclass(eq=False)
class Array:
    items: list["Node"] = field(default_factory=list)


@dataclass(eq=False)
class Object:
    # The name as written and the value; names may be doubled.
    members: list[tuple[str, "Node"]] = field(default_factory=list)


type Node = Leaf | Array | Object


def parsed(text: str) -> Node:
    node, end = _value(text, _space(text, 0))
    assert _space(text, end) == len(text), text
    return node


def _space(text: str, place: int) -> int:
    while place < len(text) and text[place] in " \t\r\n":
        place += 1
    return place


def _value(text: str, place: int) -> tuple[Node, int]:
    if text[place] == '"':
        end = json.JSONDecoder().raw_decode(text, place)[1]
        return Leaf(text[place:end]), end
    if text[place] not in "[{":
        end = place
        while end < len(text) and text[end] not in ",]} \t\r\n":
            end += 1
        json.loads(text[place:end])
        return Leaf(text[place:end]), end
    node: Array | Object = Array() if text[place] == "[" else Object()
    closing = "]" if text[place] == "[" else "}"
    place = _space(text, place + 1)
    while text[place] != closing:
        if isinstance(node, Object):
            key, place = _value(text, place)
            assert isinstance(key, Leaf)
            place = _space(text, place)
            assert text[place] == ":"
            value, place = _value(text, _space(text, place + 1))
            node.members.append((key.raw, value))
        else:
            value, place = _value(text, place)
            node.items.append(value)
        place = _space(text, place)
        if text[place] == ",":
            place = _space(text, place + 1)
            assert text[place] != closing
        else:
            assert text[place] == closing
    return node, place + 1


def written(node: Node) -> str:
    """Without spaces."""
    if isinstance(node, Leaf):
        return node.raw
    if isinstance(node, Array):
        return "[" + ",".join(map(written, node.items)) + "]"
    return "{" + ",".join(f"{key}:{written(value)}" for key, value in node.members) + "}"


def targets(node: Node, steps: list[str]) -> list[Node]:
    if not steps:
        return [node]
    step, rest = steps[0], steps[1:]
    found = targets(node, rest) if step == "\0**" else []
    going_on = steps if step == "\0**" else rest
    if isinstance(node, Object):
        for key, value in node.members:
            if step in ("\0*", "\0**") or json.loads(key) == step:
                found += targets(value, going_on)
    elif isinstance(node, Array) and step in ("\0*", "\0**", "\0[]"):
        for item in node.items:
            found += targets(item, going_on)
    return found


def acted(node: Node, action: Action) -> Node:
    """``node`` is the whole event."""
    if action["do"] == "set":
        parents = {id(one): path[-1] for path in action["at"] for one in targets(node, path[:-1])}
        return _set(node, parents, action)
    wanted = {id(one) for path in action["at"] for one in targets(node, path)}
    found = _visited(node, wanted, action)
    assert found is not None
    return found


def _set(node: Node, parents: dict[int, str], action: Action) -> Node:
    """For one path."""
    if isinstance(node, Array):
        return Array([_set(item, parents, action) for item in node.items])
    if isinstance(node, Leaf):
        return node
    name = parents.get(id(node))
    members: list[tuple[str, Node]] = [
        (key, Leaf(action["to"]) if json.loads(key) == name else _set(value, parents, action))
        for key, value in node.members
    ]
    if name is not None and name not in [json.loads(key) for key, _ in members]:
        members.insert(0, (json.dumps(name, ensure_ascii=False), Leaf(action["to"])))
    return Object(members)


def _visited(node: Node, wanted: set[int], action: Action, item: bool = False, under: bool = False) -> Node | None:
    """``under``: within an array that is reduced to allowed members."""
    if id(node) in wanted or under:
        if action["do"] == "drop":
            return None
        if action["do"] != "allow_only":
            return _changed(node, action, item)
        if isinstance(node, Leaf):
            return node if node.raw == "null" else Leaf("null") if item else None
    if isinstance(node, Array):
        under = under or (id(node) in wanted and action["do"] == "allow_only")
        items = (_visited(one, wanted, action, True, under) for one in node.items)
        return Array([one for one in items if one])
    if isinstance(node, Object):
        reduced = under or (id(node) in wanted and action["do"] == "allow_only")
        members = [
            (key, _visited(value, wanted, action))
            for key, value in node.members
            if not reduced or json.loads(key) in action["members"]
        ]
        return Object([(key, value) for key, value in members if value])
    return node


def _changed(node: Node, action: Action, item: bool) -> Node | None:
    if isinstance(node, Array):
        return Array([one for one in (_changed(one, action, True) for one in node.items) if one])
    if isinstance(node, Object):
        members = ((key, _changed(value, action, False)) for key, value in node.members)
        return Object([(key, value) for key, value in members if value])
    if node.text is None:
        return node
    new = changed(node.text, action)
    if new is None:
        return Leaf("null") if item else None
    return node if new == node.text else Leaf(json.dumps(new))


def changed(text: str, action: Action) -> str | None:
    if not text and action["do"].startswith("pseudonymise"):
        return text
    match action["do"]:
        case "pseudonymise":
            return pseudonymised(text)
        case "pseudonymise_email":
            return _email(text)
        case "hash":
            done = re.fullmatch("[0-9a-fA-F]{64}", text)
            return text if done or not text.strip() else hashlib.sha256(_bytes(text.strip().lower())).hexdigest()
        case "mask":
            keep = action["keep_last"]
            return "***" + text[len(text) - keep :] if len(text) > keep and text != "***" else "***"
        case "truncate":
            return text[: action["characters"]]
        case "truncate_ip":
            return _network(text)
    assert action["do"] == "strip_query"
    return _without_query(text, action.get("keep", []))


def pseudonymised(text: str, key_id: str = "k1") -> str:
    for name, key in KEYS.items():
        match = re.fullmatch(f"psn_{name}_(.{{22}})_(.{{11}})", text)
        if match and _short(key, "check:" + match[1], 8) == match[2]:
            return text
    value = _short(KEYS[key_id], "value:" + text, 16)
    return f"psn_{key_id}_{value}_{_short(KEYS[key_id], 'check:' + value, 8)}"


def _short(key: bytes, text: str, size: int) -> str:
    digest = hmac.new(key, _bytes(text), "sha256").digest()[:size]
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _email(text: str) -> str:
    at = text.rfind("@")
    local, domain = text[: max(at, 0)], text[at + 1 :]
    labels = domain.strip().removesuffix(".").split(".")
    plain = all(label and all(one.isalnum() or one in "-_" for one in label) for label in labels)
    if at < 0 or not local.strip() or len(labels) < 2 or not plain or not labels[-1][0].isalpha():
        return pseudonymised(text)
    if pseudonymised(local) == local:
        return text
    return pseudonymised(local.strip().lower()) + "@" + domain


def _network(text: str) -> str | None:
    try:
        address = ipaddress.ip_address(text.strip().split("%")[0] if ":" in text else text.strip())
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    bits = 24 if address.version == 4 else 40 if text.strip().startswith("2002:") else 48
    return str(ipaddress.ip_network((address, bits), strict=False).network_address)


def _without_query(text: str, keep: list[str]) -> str:
    whole = text.split("#")[0]
    if "?" not in whole:
        return whole
    address, query = whole.split("?", 1)
    parts = query.replace(";", "&").replace("?", "&").split("&")
    left = [part for part in parts if any(_fits(part.split("=")[0], name) for name in keep)]
    return whole if left == parts else address + ("?" + "&".join(left) if left else "")


def _fits(name: str, pattern: str) -> bool:
    """Patterns end with ``*`` or have none."""
    plain = bool(name) and all(one.isalnum() or one in "_.~%[]-" for one in name)
    return plain and (name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern)
