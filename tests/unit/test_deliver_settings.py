"""The deliver function's settings: every one checked, none repeated in an error."""

import pytest

from dreamdata_relay.settings import DEFAULT_ENDPOINT, DeliverSettings, IngestSettings, SettingError

NEEDED = {"QUEUE_URL": "q", "DEAD_LETTER_QUEUE_URL": "d", "DREAMDATA_SECRET_ID": "s"}


def test_what_is_not_set_has_a_default() -> None:
    settings = DeliverSettings.read(NEEDED)
    assert (settings.endpoint, settings.parallel_posts) == (DEFAULT_ENDPOINT, 2)
    assert settings.connect_timeout_s + settings.read_timeout_s <= 20


@pytest.mark.parametrize(
    ("secret", "region"),
    [
        ("arn:aws:secretsmanager:eu-central-1:111122223333:secret:team/dreamdata-Ab12Cd", "eu-central-1"),
        ("arn:aws-cn:secretsmanager:cn-north-1:111122223333:secret:dreamdata-Ab12Cd", "cn-north-1"),
        ("dreamdata", None),
    ],
)
def test_a_secret_is_read_in_its_own_region(secret: str, region: str | None) -> None:
    """Secrets Manager knows no secret of another region; a name is one of the function's own."""
    assert DeliverSettings.read({**NEEDED, "DREAMDATA_SECRET_ID": secret}).key_region == region


@pytest.mark.parametrize(
    ("value", "path"), [(None, ""), ("", ""), ("relay/events", "/relay/events"), ("/relay/", "/relay")]
)
def test_a_mapping_path_begins_with_a_slash_and_ends_without(value: str | None, path: str) -> None:
    environment = {"QUEUE_URL": "q", "DEAD_LETTER_QUEUE_URL": "d", "INGEST_KEYS_SECRET_ID": "s"}
    given = {} if value is None else {"MAPPING_PATH": value}
    assert IngestSettings.read({**environment, **given}).mapping_path == path


@pytest.mark.parametrize("name", NEEDED)
@pytest.mark.parametrize("value", [None, "", "  "])
def test_what_is_missing_is_named(name: str, value: str | None) -> None:
    environment = {**NEEDED, name: value} if value is not None else {k: v for k, v in NEEDED.items() if k != name}
    with pytest.raises(SettingError, match=f"^{name} is not set$"):
        DeliverSettings.read(environment)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://api.dreamdata.cloud/v1/batch",
        "https://proxy.example:8443/v1/batch",
        "http://127.0.0.1:8080/v1/batch",
        "http://127.3.2.1/",
        "http://localhost:9/v1/batch",
        "http://[::1]:8080/v1/batch",
    ],
)
def test_https_and_this_machine_are_endpoints(endpoint: str) -> None:
    assert DeliverSettings.read({**NEEDED, "DREAMDATA_ENDPOINT": endpoint}).endpoint == endpoint


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://api.dreamdata.cloud/v1/batch",
        "http://127.0.0.1.example.com/",
        "http://127.0.0.1@example.com/",
        "http://localhost.example.com/",
        "http://0.0.0.0/",
        "http://10.0.0.1/",
        "http://[::ffff:10.0.0.1]/",
        "https://user:word@example.com/",
        "https://example.com/?a=b",
        "https://example.com/#a",
        "https:///v1/batch",
        "ftp://127.0.0.1/",
        "example.com",
        "https://[::1",
        "https://example.com:port/",
        "file:///etc/passwd",
    ],
)
def test_the_key_travels_over_nothing_else(endpoint: str) -> None:
    with pytest.raises(SettingError) as caught:
        DeliverSettings.read({**NEEDED, "DREAMDATA_ENDPOINT": endpoint})
    assert endpoint not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PARALLEL_POSTS", "0"),
        ("PARALLEL_POSTS", "17"),
        ("PARALLEL_POSTS", "two"),
        ("PARALLEL_POSTS", "nan"),
        ("READ_TIMEOUT_SECONDS", "31"),
        ("READ_TIMEOUT_SECONDS", "inf"),
        ("CONNECT_TIMEOUT_SECONDS", "-1"),
        ("CONNECT_TIMEOUT_SECONDS", "11"),
    ],
)
def test_a_number_out_of_bounds_is_refused(name: str, value: str) -> None:
    """A post that cannot end within the function's time would never be begun."""
    with pytest.raises(SettingError, match=f"^{name} is not a number from "):
        DeliverSettings.read({**NEEDED, name: value})


@pytest.mark.parametrize(("value", "compress"), [(None, False), ("", False), ("none", False), ("gzip", True)])
def test_gzip_is_asked_for_by_name(value: str | None, compress: bool) -> None:
    environment = NEEDED if value is None else {**NEEDED, "PAYLOAD_COMPRESSION": value}
    assert DeliverSettings.read(environment).compress is compress


@pytest.mark.parametrize("value", ["GZIP", "deflate", "true", "gzip,br"])
def test_any_other_compression_is_refused(value: str) -> None:
    """A misspelt one must not pass for none: it would cost double unseen."""
    with pytest.raises(SettingError, match=r"^PAYLOAD_COMPRESSION is none of none, gzip$"):
        DeliverSettings.read({**NEEDED, "PAYLOAD_COMPRESSION": value})
