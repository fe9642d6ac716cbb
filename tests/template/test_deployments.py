"""What runs is a version behind an alias; a gradual deployment is rolled back by the alarms of what it changes."""

from typing import Any

import pytest

from tools.transform import transformed

ALARMS = {
    "IngestFunction": ["IngestErrorsAlarm", "IngestUnexpectedErrorsAlarm"],
    "DeliverFunction": ["DeliverErrorsAlarm", "UnexpectedErrorsAlarm"],
}


@pytest.fixture(scope="module")
def gradual() -> dict[str, dict[str, Any]]:
    """The resources when gradual deployments are asked for."""
    found: dict[str, dict[str, Any]] = transformed(GradualDeployment="true")["Resources"]
    return found


@pytest.mark.parametrize("function", ALARMS)
def test_every_deployment_is_a_version_that_is_kept(resources: dict[str, dict[str, Any]], function: str) -> None:
    """To go back is to point the alias to the version before."""
    alias = resources[f"{function}Aliaslive"]["Properties"]
    version = resources[alias["FunctionVersion"]["Fn::GetAtt"][0]]
    assert version["Properties"]["FunctionName"] == {"Ref": function}
    assert version["DeletionPolicy"] == version["UpdateReplacePolicy"] == "Retain"


def test_without_being_asked_for_there_is_no_codedeploy(resources: dict[str, dict[str, Any]]) -> None:
    """The alias is switched at once."""
    assert not [name for name, r in resources.items() if r["Type"].startswith("AWS::CodeDeploy")]


@pytest.mark.parametrize("function", ALARMS)
def test_a_gradual_deployment_is_watched_by_its_functions_alarms(
    gradual: dict[str, dict[str, Any]], function: str
) -> None:
    """An alarm meanwhile points the alias back."""
    group = gradual[f"{function}DeploymentGroup"]["Properties"]
    assert group["AlarmConfiguration"]["Alarms"] == [{"Name": {"Ref": alarm}} for alarm in ALARMS[function]]
    assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
    assert group["ServiceRoleArn"] == {"Fn::GetAtt": ["DeploymentRole", "Arn"]}
    assert "CodeDeployLambdaAliasUpdate" in gradual[f"{function}Aliaslive"]["UpdatePolicy"]


def test_the_deployment_role_moves_these_two_aliases_only(gradual: dict[str, dict[str, Any]]) -> None:
    """AWS's managed policy for CodeDeploy reaches every function of the account."""
    assert "CodeDeployServiceRole" not in gradual
    (policy,) = gradual["DeploymentRole"]["Properties"]["Policies"]
    move = policy["PolicyDocument"]["Statement"][0]
    assert len(move["Resource"]) == 4
    assert all("Function" in str(resource) for resource in move["Resource"])
