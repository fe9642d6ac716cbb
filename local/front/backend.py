"""Invokes the function that the deployed API's route names, through the emulator's Lambda API."""

import json
import sys
import threading
import time
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from local.aws import ACCOUNT
from local.errors import LocalError
from local.front import http_api
from local.front.http_api import Answer, Request
from local.places import StateDir
from local.stack import Stack

# An HTTP API waits no longer.
_TIMEOUT_SECONDS = 30
# A route that was changed counts from then on, as one does in AWS a moment after its change.
_ROUTE_SECONDS = 2.0
_MOST_AT_ONCE = 40


@dataclass(frozen=True, slots=True)
class _Clients:
    """boto3's for one emulator; each may be used by several threads."""

    endpoint_url: str
    http_apis: Any
    functions: Any

    @classmethod
    def of(cls, stack: Stack) -> "_Clients":
        """For the emulator of ``stack``; a function is waited for as long as API Gateway does."""
        functions = stack.aws.client("lambda", read_timeout=_TIMEOUT_SECONDS, max_pool_connections=_MOST_AT_ONCE)
        return cls(stack.aws_endpoint_url, stack.aws.http_apis, functions)

    def close(self) -> None:
        """Close their connections."""
        self.http_apis.close()
        self.functions.close()


@dataclass(frozen=True, slots=True)
class _Route:
    """The API's route ``$default``. function: the ARN with its alias, None where there is no such route."""

    api_id: str
    function: str | None
    until: float


class Backend:
    """The API of the stack in ``state``, which need not be up yet; may be used by several threads."""

    def __init__(self, state: StateDir) -> None:
        self._state = state
        self._route: _Route | None = None
        self._clients: _Clients | None = None
        # A session of boto3 makes one client at a time.
        self._lock = threading.Lock()

    def answer(self, request: Request) -> Answer:
        """What the client gets."""
        try:
            route, clients = self._current()
            if route.function is None:
                return http_api.NOT_FOUND
            # Without escapes: Lambda's limit counts bytes.
            event = json.dumps(http_api.event_of(request, route.api_id, ACCOUNT), ensure_ascii=False).encode()
            if len(event) > http_api.MAX_EVENT_BYTES:
                return http_api.TOO_LARGE
            result = clients.functions.invoke(FunctionName=route.function, Payload=event)
            payload = result["Payload"].read()
        except ReadTimeoutError:
            return http_api.TIMED_OUT
        except (BotoCoreError, ClientError, LocalError, KeyError) as error:
            self._route = None
            return _logged(http_api.NOT_INVOKED, f"the function was not invoked: {type(error).__name__}: {error}")
        if result.get("FunctionError"):
            return _logged(http_api.FAILED, f"the function failed: {_kind_of(payload)}")
        try:
            return http_api.answer_of(payload, request.request_id)
        except http_api.Nonsense as error:
            return _logged(http_api.FAILED, f"the function's answer is none: {error}")

    def close(self) -> None:
        """Close all connections."""
        if self._clients:
            self._clients.close()

    def _current(self) -> tuple[_Route, _Clients]:
        with self._lock:
            route, clients, now = self._route, self._clients, time.monotonic()
            if route is None or clients is None or now > route.until:
                stack = Stack.load(self._state)
                if clients is None or clients.endpoint_url != stack.aws_endpoint_url:
                    self.close()
                    self._clients = clients = _Clients.of(stack)
                api_id = stack.outputs["HttpApiId"]
                function = _function_of(clients.http_apis, api_id)
                self._route = route = _Route(api_id, function, now + _ROUTE_SECONDS)
            return route, clients


def _function_of(http_apis: Any, api_id: str) -> str | None:
    """The function behind the API's route ``$default``."""
    for route in http_apis.get_routes(ApiId=api_id)["Items"]:
        if route["RouteKey"] == "$default":
            integration = route["Target"].rpartition("/")[2]
            return str(http_apis.get_integration(ApiId=api_id, IntegrationId=integration)["IntegrationUri"])
    return None


def _kind_of(payload: bytes) -> str:
    """The type of a function's error; its text may hold what the function worked on."""
    try:
        return str(json.loads(payload)["errorType"])
    except (ValueError, KeyError, TypeError):
        return "no reason given"


def _logged(answer: Answer, line: str) -> Answer:
    sys.stderr.write(f"{answer.status}: {line}\n")
    sys.stderr.flush()
    return answer
