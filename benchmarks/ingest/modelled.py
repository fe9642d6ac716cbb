"""Bodies read into pydantic models, a union told apart by ``type``: by pydantic itself and by Powertools' parser."""

import json
from typing import Annotated, Any, Literal, cast

from aws_lambda_powertools.utilities.parser import envelopes, parse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from benchmarks.ingest.checked import in_utc, is_moment
from benchmarks.ingest.ours import NOW
from dreamdata_relay.events.message_ids import random_id

_ZULU_CHARACTERS = 24


def _moment(value: str) -> str:
    if not is_moment(value):
        raise ValueError("not ISO 8601")
    return value if len(value) == _ZULU_CHARACTERS and value[-1] == "Z" else in_utc(value)


type _Moment = Annotated[str, AfterValidator(_moment)]
type _Name = Annotated[str, Field(min_length=1)]


class _Event(BaseModel):
    model_config = ConfigDict(extra="allow")
    userId: str | None = None
    anonymousId: str | None = None
    messageId: str = Field(default_factory=random_id)
    timestamp: _Moment = NOW
    context: dict[str, Any] | None = None
    properties: dict[str, Any] | None = None
    traits: dict[str, Any] | None = None
    integrations: dict[str, Any] | None = None


class _Identified(_Event):
    @model_validator(mode="after")
    def _has_identity(self) -> "_Identified":
        if not (self.userId or self.anonymousId):
            raise ValueError("no identity")
        return self


class _Track(_Identified):
    type: Literal["track"]
    event: _Name


class _Page(_Identified):
    type: Literal["page", "screen", "identify"]


class _Group(_Event):
    type: Literal["group"]
    groupId: _Name


class _Alias(_Event):
    type: Literal["alias"]
    userId: _Name
    previousId: _Name


type _Any = Annotated[_Track | _Page | _Group | _Alias, Field(discriminator="type")]


class _Body(BaseModel):
    batch: list[_Any]


_BODY = TypeAdapter(_Body)
_ONE: TypeAdapter[_Any] = TypeAdapter(_Any)
_REQUEST = {"accountId": "1", "apiId": "a", "domainName": "d", "domainPrefix": "p", "requestId": "r", "routeKey": "r"}
_CALL = {"method": "POST", "path": "/v1/batch", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "x"}
_ENVELOPE: dict[str, Any] = {
    "version": "2.0",
    "routeKey": "$default",
    "rawPath": "/v1/batch",
    "rawQueryString": "",
    "headers": {"content-type": "application/json"},
    "isBase64Encoded": False,
    "requestContext": {**_REQUEST, "stage": "$default", "time": "t", "timeEpoch": 1_795_436_875_099, "http": _CALL},
}


def read_pydantic(body: bytes) -> tuple[list[bytes], list[int]]:
    """By a TypeAdapter."""
    try:
        return [_dumped(event) for event in _BODY.validate_json(body).batch], []
    except ValidationError:
        return _each(body)


def read_powertools(body: bytes) -> tuple[list[bytes], list[int]]:
    """By Powertools' parser with its envelope for HTTP APIs."""
    try:
        parsed = parse({**_ENVELOPE, "body": body.decode()}, model=_Body, envelope=envelopes.ApiGatewayV2Envelope)
    except ValidationError:
        return _each(body)
    return [_dumped(event) for event in cast(_Body, parsed).batch], []


def _each(body: bytes) -> tuple[list[bytes], list[int]]:
    """One by one: a body with an event that is refused is no valid body to either."""
    accepted: list[bytes] = []
    refused: list[int] = []
    for index, event in enumerate(json.loads(body)["batch"]):
        try:
            accepted.append(_dumped(_ONE.validate_python(event)))
        except ValidationError:
            refused.append(index)
    return accepted, refused


def _dumped(event: BaseModel) -> bytes:
    # Unset members stay away; defaults that were made count as unset, so they are named.
    event.model_fields_set.update(("messageId", "timestamp"))
    return event.model_dump_json(exclude_unset=True).encode()
