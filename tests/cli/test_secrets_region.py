"""The Dreamdata key's secret may be in another region than the stack: `relay` looks for it there, as deliver does."""

import boto3
import pytest

from relay_cli.stack import RelayStack


@pytest.mark.parametrize("region", ["eu-west-1", "eu-central-1"])
def test_the_keys_secret_is_looked_for_in_its_own_region(region: str) -> None:
    arn = f"arn:aws:secretsmanager:{region}:111122223333:secret:dreamdata-Ab12Cd"
    session = boto3.Session(region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    stack = RelayStack("relay", {"DreamdataSecretArn": arn}, "https://api.example.com", session)

    assert stack.dreamdata_secrets.meta.region_name == region
    assert stack.secrets.meta.region_name == "eu-west-1"
