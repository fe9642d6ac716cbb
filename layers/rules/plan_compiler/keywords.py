"""The keywords of JSON Schema 2020-12 that a plan uses, by where the schemas in them apply."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from plan_compiler.json_places import Path

# To the value itself.
HERE_ONE = frozenset({"not", "if", "then", "else"})
HERE_LIST = frozenset({"allOf", "anyOf", "oneOf"})
HERE_MEMBERS = frozenset({"dependentSchemas"})
# To a part of it: each to another part, or all to the same.
APART_MEMBERS = frozenset({"properties"})
APART_LIST = frozenset({"prefixItems"})
BELOW_MEMBERS = frozenset({"patternProperties"})
BELOW_ONE = frozenset(
    {"additionalProperties", "unevaluatedProperties", "propertyNames", "items", "contains", "unevaluatedItems"}
)
# To nothing, but for references.
KEPT_MEMBERS = frozenset({"$defs", "definitions"})
ONE = HERE_ONE | BELOW_ONE
LISTS = HERE_LIST | APART_LIST
MEMBERS = HERE_MEMBERS | APART_MEMBERS | BELOW_MEMBERS | KEPT_MEMBERS
CHECKS = frozenset(
    {"type", "enum", "const", "required", "dependentRequired", "pattern", "format", "minLength", "maxLength"}
    | {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems"}
    | {"uniqueItems", "minContains", "maxContains", "minProperties", "maxProperties"}
)
ANNOTATIONS = frozenset(
    {"$schema", "$comment", "$anchor", "title", "description", "default", "examples", "deprecated", "readOnly"}
    | {"writeOnly", "contentEncoding", "contentMediaType", "x-event"}
)
KNOWN = ONE | LISTS | MEMBERS | CHECKS | ANNOTATIONS | {"$ref"}
FORMATS = frozenset(
    {"date", "time", "date-time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6"}
    | {"uri", "uri-reference", "iri", "iri-reference", "uri-template", "uuid", "json-pointer"}
    | {"relative-json-pointer", "regex"}
)


class Inner(NamedTuple):
    """A schema inside another: the keyword that it belongs to, and its path from there."""

    keyword: str
    path: Path
    schema: Any


def inner(schema: Any) -> Iterator[Inner]:
    """The schemas directly inside one; what is none, where one has to be, is returned too."""
    if not isinstance(schema, dict):
        return
    for keyword, value in schema.items():
        if keyword in ONE:
            yield Inner(keyword, (keyword,), value)
        elif keyword in LISTS and isinstance(value, list):
            yield from (Inner(keyword, (keyword, index), one) for index, one in enumerate(value))
        elif keyword in MEMBERS and isinstance(value, dict):
            yield from (Inner(keyword, (keyword, name), one) for name, one in value.items())


def walk(schema: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """The schema and all schemas inside, each with its path."""
    yield path, schema
    for one in inner(schema):
        yield from walk(one.schema, (*path, *one.path))
