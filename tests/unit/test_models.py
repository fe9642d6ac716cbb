"""Service models are read faster than botocore reads them, and say the same."""

from pathlib import Path

import botocore.session
import pytest
from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader

from dreamdata_relay.adapters.aws import secrets_client, sqs_client
from dreamdata_relay.adapters.models import quick_loader

NAMES = ("endpoints", "partitions", "_retry", "sdk-default-configuration")


@pytest.mark.parametrize("name", NAMES)
def test_shared_data_is_what_botocore_reads(name: str) -> None:
    assert quick_loader().load_data(name) == Loader().load_data(name)


@pytest.mark.parametrize("service", ["sqs", "secretsmanager"])
@pytest.mark.parametrize("kind", ["service-2", "endpoint-rule-set-1", "paginators-1"])
def test_a_service_is_what_botocore_reads(service: str, kind: str) -> None:
    """The order of members too: it decides in which order a request is put together."""
    ours, theirs = (loader.load_service_model(service, kind) for loader in (quick_loader(), Loader()))
    assert ours == theirs
    assert str(ours) == str(_plain(theirs))


def test_a_file_that_is_not_there_is_told_as_botocore_tells_it(tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError):
        quick_loader().load_data(str(tmp_path / "none"))


def test_clients_are_those_of_botocore(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    for client in (sqs_client(), secrets_client()):
        usual = botocore.session.get_session().create_client(client.meta.service_model.service_name)
        assert client.meta.endpoint_url == usual.meta.endpoint_url
        assert client.meta.method_to_api_mapping == usual.meta.method_to_api_mapping


def test_a_secret_of_another_region_is_asked_for_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    url = secrets_client(region="eu-central-1").meta.endpoint_url
    assert url == "https://secretsmanager.eu-central-1.amazonaws.com"
    assert secrets_client().meta.endpoint_url == "https://secretsmanager.eu-west-1.amazonaws.com"


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
