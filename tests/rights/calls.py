"""The AWS operations that code calls, found in its text: nobody has to keep a list."""

import ast
import functools
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import botocore.session
from botocore import xform_name

ROOT = Path(__file__).resolve().parents[2]
LAYER = ROOT / "layers" / "relay"
ADAPTERS = LAYER / "dreamdata_relay" / "adapters"
CLI = ROOT / "relay_cli"

# The clients that a stack has ready, by their properties' names.
_PROPERTIES = {
    "functions": "lambda",
    "logs": "logs",
    "metrics": "cloudwatch",
    "secrets": "secretsmanager",
    "sqs": "sqs",
}


class Operation(NamedTuple):
    """An operation of a service, both as boto3 and as AWS name them."""

    service: str
    name: str


def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(), str(path))


def services_in(trees: Iterable[ast.AST]) -> set[str]:
    """The services that clients are made for: ``.client("sqs")``."""
    return {name for tree in trees for name in _named_in_calls(tree, "client")}


@functools.cache
def operations_of(service: str) -> dict[str, Operation]:
    """A service's operations by the names that boto3 gives them."""
    names = botocore.session.get_session().get_service_model(service).operation_names
    return {xform_name(name): Operation(service, name) for name in names}


def method_of(operation: Operation) -> str:
    """The HTTP method of an operation's request."""
    model = botocore.session.get_session().get_service_model(operation.service).operation_model(operation.name)
    return str(model.http["method"])


def calls_in(tree: ast.AST, services: Iterable[str]) -> set[Operation]:
    """The operations of ``services`` that stand in ``tree``: as a method's name, or by name for a paginator."""
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    names = {node.attr for node in attributes} | _named_in_calls(tree, "get_paginator")
    # ``stack.functions.get_policy`` is Lambda's, and not IAM's operation of that name.
    surely = {(_PROPERTIES.get(_name_of(node.value)), node.attr) for node in attributes}
    found: dict[str, set[Operation]] = {}
    for service in services:
        for name in names & operations_of(service).keys():
            found.setdefault(name, set()).add(operations_of(service)[name])
    for name, operations in found.items():
        told = {operation for operation in operations if (operation.service, name) in surely}
        found[name] = told or operations
    doubtful = {name for name, operations in found.items() if len(operations) > 1}
    assert not doubtful, f"several services have an operation of the name {sorted(doubtful)}: tell them apart here"
    return {operation for operations in found.values() for operation in operations}


def _named_in_calls(tree: ast.AST, method: str) -> set[str]:
    """The first arguments of the calls of ``method``, where they are texts."""
    found = set()
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and _name_of(call.func) == method:
            first = call.args[0] if call.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                found.add(first.value)
    return found


def _name_of(called: ast.expr) -> str:
    """What is called, by its last name: a function of a module's own counts as the method that it wraps."""
    if isinstance(called, ast.Attribute):
        return called.attr
    return called.id.removeprefix("_") if isinstance(called, ast.Name) else ""


def operators_calls() -> set[Operation]:
    """What `relay` calls."""
    trees = [parsed(path) for path in sorted(CLI.rglob("*.py"))]
    services = services_in(trees)
    return {operation for tree in trees for operation in calls_in(tree, services)}


def functions_calls(handler: Path) -> set[Operation]:
    """What a function calls: the adapters' methods that are named in the modules that its handler imports."""
    modules = _reached(handler)
    services = services_in([parsed(path) for path in ADAPTERS.glob("*.py")])
    adapters = {path for path in modules if path.parent == ADAPTERS}
    users = [parsed(path) for path in modules - adapters]
    named = {node.attr for tree in users for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return {
        operation
        for path in adapters
        for method, operations in _methods(parsed(path), services).items()
        if method in named
        for operation in operations
    }


def _reached(start: Path) -> set[Path]:
    """The relay's modules that a file imports, wherever in it, and those that these import; itself too."""
    reached, left = {start}, [start]
    while left:
        for node in ast.walk(parsed(left.pop())):
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            found = {LAYER / (name.replace(".", "/") + ".py") for name in names if name.startswith("dreamdata_relay")}
            new = {path for path in found if path.is_file()} - reached
            reached |= new
            left += new
    return reached


def _methods(tree: ast.Module, services: Iterable[str]) -> dict[str, set[Operation]]:
    """The operations of each method of an adapter's classes, those of the methods that it calls included."""
    bodies = {
        method.name: method
        for found in tree.body
        if isinstance(found, ast.ClassDef)
        for method in found.body
        if isinstance(method, ast.FunctionDef)
    }

    def operations(name: str, seen: frozenset[str] = frozenset()) -> set[Operation]:
        names = {node.attr for node in ast.walk(bodies[name]) if isinstance(node, ast.Attribute)}
        inner = (names & bodies.keys()) - seen - {name}
        direct = calls_in(bodies[name], services)
        return direct.union(*(operations(one, seen | {name}) for one in inner))

    return {name: operations(name) for name in bodies}
