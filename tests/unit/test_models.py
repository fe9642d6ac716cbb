"""Service models are read faster than botocore reads them, and say the same; or botocore reads them itself."""

import functools
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import botocore.loaders
import botocore.session
import pytest
from botocore.exceptions import DataNotFoundError, NoRegionError
from botocore.loaders import JSONFileLoader, Loader

from dreamdata_relay.adapters import aws
from dreamdata_relay.adapters.aws import secrets_client, sqs_client
from dreamdata_relay.adapters.models import quick_loader
from tests.fakes.server import HttpServer
from tests.fakes.sessions import forget_sessions

NAMES = ("endpoints", "partitions", "_retry", "sdk-default-configuration")


@pytest.fixture(autouse=True)
def _new_sessions(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    # Before a test changes botocore.
    for service in ("sqs", "secretsmanager"):
        usual(service)
    forget_sessions()
    yield
    forget_sessions()


def quick() -> Loader:
    """The quick loader, which this botocore lets be made."""
    loader = quick_loader()
    assert isinstance(loader, Loader)
    return loader


@pytest.mark.parametrize("name", NAMES)
def test_shared_data_is_what_botocore_reads(name: str) -> None:
    assert quick().load_data(name) == Loader().load_data(name)


@pytest.mark.parametrize("service", ["sqs", "secretsmanager"])
@pytest.mark.parametrize("kind", ["service-2", "endpoint-rule-set-1", "paginators-1"])
def test_a_service_is_what_botocore_reads(service: str, kind: str) -> None:
    """The order of members too: it decides in which order a request is put together."""
    ours, theirs = (loader.load_service_model(service, kind) for loader in (quick(), Loader()))
    assert ours == theirs
    assert str(ours) == str(_plain(theirs))


def test_a_file_that_is_not_there_is_told_as_botocore_tells_it(tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError):
        quick().load_data(str(tmp_path / "none"))


def test_clients_are_those_of_botocore() -> None:
    for client in (sqs_client(), secrets_client()):
        assert_usual(client)


def test_the_clients_are_made_by_the_quick_loader() -> None:
    """With the botocore that is locked; where it is not so any more, a cold start takes longer."""
    assert aws._quick_session() is not None
    sqs_client()
    assert aws._session.cache_info().currsize == 0


class _OtherFiles(JSONFileLoader):
    """A file loader of a botocore to come."""


class _Raising(_OtherFiles):
    def load_file(self, file_path: str) -> Any:
        raise RuntimeError("read_model() is the new way")


class _Model(OrderedDict[str, Any]):
    """What a model could be one day: it can do more than a dict."""


class _OtherTypes(_OtherFiles):
    def load_file(self, file_path: str) -> Any:
        found = super().load_file(file_path)
        return found if found is None else _Model(found)


class _OtherContent(_OtherFiles):
    def load_file(self, file_path: str) -> Any:
        found = super().load_file(file_path)
        return {**found, "revision": 2} if isinstance(found, Mapping) else found


class _OtherMethod(_OtherFiles):
    """``load_file`` is gone: models are asked for by another method, with more to tell."""

    def read_model(self, file_path: str, *, strict: bool) -> Any:
        return JSONFileLoader.load_file(self, file_path)

    @property
    def load_file(self) -> Any:
        raise AttributeError("load_file")


class _NoFileLoader(Loader):
    def __init__(self) -> None:
        super().__init__()


class _PlainLoader(Loader):
    """It has no directory of its own, so the sample is nowhere."""

    BUILTIN_DATA_PATH = "/nonexistent"


SURPRISES: dict[str, dict[str, Any]] = {
    "reading raises": {"JSONFileLoader": _Raising},
    "models are of another type": {"JSONFileLoader": _OtherTypes},
    "models hold something else": {"JSONFileLoader": _OtherContent},
    "files are read by another method": {"JSONFileLoader": _OtherMethod},
    "no file loader can be given": {"Loader": _NoFileLoader},
    "models lie elsewhere": {"Loader": _PlainLoader},
    "there is no such class": {"JSONFileLoader": None},
    "there is no such loader": {"Loader": None},
}


@pytest.mark.parametrize("name", SURPRISES)
def test_a_botocore_of_another_kind_reads_its_models_itself(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own session goes on with its own loader."""
    # How a session makes its own loader, whatever the classes are called by then.
    monkeypatch.setattr(botocore.loaders, "create_loader", lambda _: Loader())
    monkeypatch.setattr(botocore.session, "create_loader", lambda _: Loader())
    for attribute, other in SURPRISES[name].items():
        if other is None:
            monkeypatch.delattr(botocore.loaders, attribute)
        else:
            monkeypatch.setattr(botocore.loaders, attribute, other)

    assert quick_loader() is None
    for client in (sqs_client(), secrets_client()):
        assert_usual(client)


def _no_component(*_: object) -> None:
    raise TypeError("components are no more")


class _Unfit:
    """A loader that cannot do what botocore asks."""

    search_paths: tuple[str, ...] = ()


@pytest.mark.parametrize("unfit", [_Unfit(), object()])
def test_a_loader_that_does_not_do_is_given_up(unfit: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "quick_loader", lambda: unfit)

    assert_usual(sqs_client())


def test_a_session_that_takes_no_loader_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(botocore.session.Session, "register_component", _no_component)

    assert_usual(sqs_client())


def test_what_is_wrong_with_the_settings_is_told_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")

    with pytest.raises(NoRegionError):
        sqs_client()


def test_a_model_that_cannot_be_read_quickly_is_read_by_botocore(tmp_path: Path) -> None:
    """As JSON that msgspec is too strict for."""
    folder = tmp_path / "sqs" / "2012-11-05"
    folder.mkdir(parents=True)
    (folder / "service-2.json").write_text('{"metadata": {"weight": NaN}}')
    loader = quick()
    loader.search_paths[:] = [str(tmp_path)]

    assert str(loader.load_service_model("sqs", "service-2")["metadata"]) in (
        "{'weight': nan}",
        "OrderedDict({'weight': nan})",
    )


@pytest.mark.parametrize("quickly", [True, False])
def test_a_call_is_the_same_either_way(quickly: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the wire, to a server."""
    if not quickly:
        monkeypatch.setattr(aws, "quick_loader", lambda: None)
    with HttpServer() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", server.url)
        sqs_client().send_message_batch(
            QueueUrl=f"{server.url}/1/q", Entries=[{"Id": "1", "MessageBody": "{}", "DelaySeconds": 3}]
        )
        [request] = server.requests

    assert b'"Entries": [{"Id": "1", "MessageBody": "{}", "DelaySeconds": 3}]' in request.body


@functools.cache
def usual(service: str) -> tuple[str, Any]:
    """Of the client that botocore makes by itself: its endpoint and its methods."""
    client = botocore.session.get_session().create_client(service, region_name="eu-west-1")
    return client.meta.endpoint_url, client.meta.method_to_api_mapping


def assert_usual(client: Any) -> None:
    """The client is what botocore makes by itself."""
    endpoint_url, methods = usual(client.meta.service_model.service_name)
    assert client.meta.endpoint_url == endpoint_url
    assert client.meta.method_to_api_mapping == methods


def test_a_secret_of_another_region_is_asked_for_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    url = secrets_client(region="eu-central-1").meta.endpoint_url
    assert url == "https://secretsmanager.eu-central-1.amazonaws.com"
    assert secrets_client().meta.endpoint_url == "https://secretsmanager.eu-west-1.amazonaws.com"


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
