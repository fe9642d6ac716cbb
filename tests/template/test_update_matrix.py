"""What an update does to the stack's resources: as documented, and nothing that holds events or keys is replaced."""

import pytest

from tools.changes import parameters, resolved
from tools.resolved import create_only
from tools.update_matrix import PAGE, effects, written

# A table is none yet; whoever adds one adds what it holds here.
HOLDING = {"AWS::SQS::Queue", "AWS::SecretsManager::Secret", "AWS::DynamoDB::Table", "AWS::S3::Bucket"}


def test_the_table_in_the_docs_is_the_one_that_the_template_makes() -> None:
    """``python -m tools.update_matrix`` writes it."""
    assert PAGE.read_text() == written(PAGE.read_text())


@pytest.mark.parametrize("name", parameters())
def test_no_parameter_replaces_what_holds_events_or_keys(name: str) -> None:
    """Nor removes it, but for the stack's own secret, which stays in the account."""
    kinds = {key: resource["Type"] for key, resource in resolved().resources().items()}
    found = effects(name)
    lost = [key for key in (*found.replaced, *found.removed) if kinds.get(key) in HOLDING]
    assert lost == (["DreamdataSecret"] if name == "DreamdataSecretArn" else [])


def test_what_holds_events_or_keys_stays_in_the_account() -> None:
    """Whatever becomes of it in the stack; only a first deployment that failed leaves nothing behind."""
    for name, resource in resolved().resources().items():
        policies = (resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy"))
        assert (policies == ("RetainExceptOnCreate", "Retain")) == (resource["Type"] in HOLDING), name


def test_the_schemas_tell_what_cannot_be_changed_in_place() -> None:
    """The table would be all of one column without them."""
    assert "QueueName" in create_only("AWS::SQS::Queue")
    assert "Description" in create_only("AWS::Lambda::Version")
    assert "Path" in create_only("AWS::IAM::Role")
    assert effects("RolePath").replaced == ["IngestRole", "DeliverRole", "DeploymentRole"]


def test_what_stays_after_the_stack_is_documented() -> None:
    """By the outputs that name it."""
    text = (PAGE.parent / "upgrading.md").read_text()
    for name in ("QUEUE_URL", "DEAD_LETTER_QUEUE_URL", "INGEST_KEYS_SECRET_ARN", "DREAMDATA_SECRET_ARN"):
        assert name in text
