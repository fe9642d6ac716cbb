"""What some installations need and others do not: off by default, and whole where it is asked for."""

import json
import re
from typing import Any

import pytest

from dreamdata_relay.privacy.keys import ring_of
from tools.changes import EXAMPLES, NEEDED, TOGETHER, is_allowed, parameters, resolved
from tools.resolved import Resolved
from tools.transform import TEMPLATE, transformed

DOMAIN = {name: EXAMPLES[name] for name in ("DomainName", "DomainCertificateArn")}
VPC = {name: EXAMPLES[name] for name in ("DeliverSubnetIds", "DeliverSecurityGroupIds")}
ROLES = ("IngestRole", "DeliverRole", "DeploymentRole")


def properties(stack: Resolved, name: str) -> dict[str, Any]:
    """A resource's, resolved."""
    found: dict[str, Any] = stack.resources()[name]["Properties"]
    return found


def statements(stack: Resolved, role: str) -> dict[str, dict[str, Any]]:
    """What a role may and may not, by Sid."""
    policies = properties(stack, role)["Policies"]
    return {
        statement.get("Sid", "unnamed"): statement
        for policy in policies
        for statement in policy["PolicyDocument"]["Statement"]
    }


def senders(stack: Resolved) -> dict[str, dict[str, Any]]:
    """The statements of the queue's policy, by Sid."""
    return {each["Sid"]: each for each in properties(stack, "QueuePolicy")["PolicyDocument"]["Statement"]}


# --- keys


def test_a_secret_under_a_key_of_its_own_is_decrypted_with_that_key_and_nothing_else_is() -> None:
    """Through Secrets Manager, in the secret's region, and only for this secret."""
    values = {
        "DreamdataSecretArn": "arn:aws:secretsmanager:eu-central-1:111122223333:secret:dreamdata-Ab12Cd",
        "DreamdataSecretKmsKeyArn": EXAMPLES["DreamdataSecretKmsKeyArn"],
    }
    statement = statements(resolved(**values), "DeliverRole")["DecryptThisSecretOnly"]
    assert (statement["Action"], statement["Resource"]) == ("kms:Decrypt", values["DreamdataSecretKmsKeyArn"])
    assert statement["Condition"]["StringEquals"] == {
        "kms:EncryptionContext:SecretARN": values["DreamdataSecretArn"],
        "kms:ViaService": "secretsmanager.eu-central-1.amazonaws.com",
    }
    for role in ("IngestRole", "DeliverRole"):
        assert "kms" not in json.dumps(statements(resolved(), role))
    assert "kms" not in json.dumps(statements(resolved(**values), "IngestRole"))


def test_a_secrets_key_without_the_secret_is_refused() -> None:
    """The stack's own secret has the key of KmsKeyArn."""
    stack = resolved(DreamdataSecretKmsKeyArn=EXAMPLES["DreamdataSecretKmsKeyArn"])
    assert any("DreamdataSecretArn" in text for text in stack.violations())


def test_what_was_queued_under_the_former_key_is_read_on() -> None:
    """Messages keep the key that they were encrypted with."""
    values = {"KmsKeyArn": EXAMPLES["KmsKeyArn"], "FormerKmsKeyArn": EXAMPLES["FormerKmsKeyArn"]}
    statement = statements(resolved(**values), "DeliverRole")["ReadWhatWasQueuedWithIt"]
    assert (statement["Action"], statement["Resource"]) == ("kms:Decrypt", values["FormerKmsKeyArn"])
    assert statement["Condition"] == {"StringEquals": {"kms:ViaService": "sqs.eu-west-1.amazonaws.com"}}


# --- partitions


@pytest.mark.parametrize(
    ("partition", "region", "suffix"),
    [("aws-cn", "cn-north-1", "amazonaws.com.cn"), ("aws-us-gov", "us-gov-west-1", "amazonaws.com")],
)
def test_other_partitions_have_their_own_names(partition: str, region: str, suffix: str) -> None:
    """ARNs, the addresses in conditions, and the one service principal that differs."""
    pseudo = {"AWS::Partition": partition, "AWS::Region": region, "AWS::URLSuffix": suffix}
    key = f"arn:{partition}:kms:{region}:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    values = {"KmsKeyArn": key, "GradualDeployment": "true"}
    stack = Resolved(resolved(**values).template, values, pseudo)
    made_up = re.compile(r"arn:aws:made-up:[\w:/.-]+")
    text = made_up.sub("", json.dumps(stack.resources()))
    assert "arn:aws:" not in text
    assert f"sqs.{region}.{suffix}" in text
    principal = properties(stack, "DeploymentRole")["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"]
    assert principal == (f"codedeploy.{region}.{suffix}" if partition == "aws-cn" else "codedeploy.amazonaws.com")


def test_no_address_or_arn_of_one_partition_is_written_out() -> None:
    """What ends in amazonaws.com is a service's principal, the same everywhere."""
    text = TEMPLATE.read_text()
    assert not re.findall(r"arn:aws:", text)
    names = set(re.findall(r"[\w.${}:-]+\.amazonaws\.com", text))
    assert names == {
        f"{service}.amazonaws.com" for service in ("apigateway", "cloudwatch", "codedeploy", "events", "lambda", "sns")
    }


# --- roles


@pytest.mark.parametrize("role", ROLES)
def test_roles_have_the_path_and_the_boundary_that_are_asked_for(role: str) -> None:
    stack = resolved(RolePath="/team/relay/", PermissionsBoundaryArn=EXAMPLES["PermissionsBoundaryArn"])
    assert properties(stack, role)["Path"] == "/team/relay/"
    assert properties(stack, role)["PermissionsBoundary"] == EXAMPLES["PermissionsBoundaryArn"]
    assert properties(resolved(), role)["Path"] == "/"
    assert "PermissionsBoundary" not in properties(resolved(), role)


def test_every_role_of_the_stack_is_one_of_these() -> None:
    for stack in (resolved(), resolved(GradualDeployment="true")):
        roles = [name for name, each in stack.resources().items() if each["Type"] == "AWS::IAM::Role"]
        assert tuple(roles) == ROLES


# --- domain


def test_a_domain_leads_to_the_stage_under_its_path() -> None:
    stack = resolved(**DOMAIN, DomainMappingPath="relay/events")
    mapping = properties(stack, "ApiDomainMapping")
    assert mapping["ApiMappingKey"] == "relay/events"
    assert ":HttpApiApiGatewayDefaultStage:" in mapping["Stage"]
    (endpoint,) = properties(stack, "ApiDomain")["DomainNameConfigurations"]
    assert endpoint == {
        "CertificateArn": DOMAIN["DomainCertificateArn"],
        "EndpointType": "REGIONAL",
        "SecurityPolicy": "TLS_1_2",
    }
    assert "MutualTlsAuthentication" not in properties(stack, "ApiDomain")
    variables = properties(stack, "IngestFunction")["Environment"]["Variables"]
    assert variables["MAPPING_PATH"] == "relay/events"
    url = stack.value(stack.template["Outputs"]["ApiUrl"]["Value"])
    assert url == "https://events.example.com/relay/events"


def test_without_a_domain_there_is_nothing_of_it() -> None:
    stack = resolved()
    assert not [name for name, each in stack.resources().items() if "Domain" in each["Type"]]
    assert "MAPPING_PATH" not in properties(stack, "IngestFunction")["Environment"]["Variables"]
    assert "execute-api" in stack.value(stack.template["Outputs"]["ApiUrl"]["Value"])


def test_mutual_tls_takes_the_named_truststore() -> None:
    uri = EXAMPLES["DomainTruststoreUri"]
    stack = resolved(**DOMAIN, DomainTruststoreUri=uri, DomainTruststoreVersion="v2")
    assert properties(stack, "ApiDomain")["MutualTlsAuthentication"] == {
        "TruststoreUri": uri,
        "TruststoreVersion": "v2",
    }


@pytest.mark.parametrize("closed", [True, False])
def test_the_apis_own_address_is_closed_on_demand(closed: bool) -> None:
    """As a boolean, in the API's definition, where API Gateway reads it."""
    stack = resolved(**DOMAIN, DisableDefaultEndpoint=str(closed).lower())
    (server,) = properties(stack, "HttpApi")["Body"]["servers"]
    assert server["x-amazon-apigateway-endpoint-configuration"] == {"disableExecuteApiEndpoint": closed}


@pytest.mark.parametrize(
    "values",
    [
        {"DomainName": EXAMPLES["DomainName"]},
        {"DomainMappingPath": "a"},
        {"DomainTruststoreUri": EXAMPLES["DomainTruststoreUri"]},
        {"DisableDefaultEndpoint": "true"},
        {"DeliverSubnetIds": EXAMPLES["DeliverSubnetIds"]},
        {"DeliverSecurityGroupIds": EXAMPLES["DeliverSecurityGroupIds"]},
    ],
)
def test_halves_are_refused_before_anything_is_deployed(values: dict[str, str]) -> None:
    assert len(resolved(**values).violations()) == 1


# --- other accounts


def test_named_accounts_and_an_organization_may_send_and_nothing_more() -> None:
    stack = resolved(
        SenderAccountIds=EXAMPLES["SenderAccountIds"], SenderOrganizationId=EXAMPLES["SenderOrganizationId"]
    )
    accounts, organization = (senders(stack)[name] for name in ("SendersOfNamedAccounts", "SendersOfTheOrganization"))
    assert accounts["Principal"] == {"AWS": ["444455556666", "777788889999"]}
    assert organization["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": EXAMPLES["SenderOrganizationId"]}}
    assert accounts["Action"] == organization["Action"] == "sqs:SendMessage"
    assert senders(resolved()).keys() == {"OnlyOverTls", "EventBridgeRulesOfThisAccount", "SnsTopicsOfThisAccount"}


# --- network and pollers


@pytest.mark.parametrize("role", ROLES)
def test_no_right_hangs_on_a_name_that_is_cut(role: str) -> None:
    """CloudFormation cuts the stack's name where a function's or a role's (64 characters) would be too long with it.

    A nested stack's is long by itself. A permission would be denied then, and a denial would silently deny nothing.
    """
    long = "Tracking-production-Relay-1A2B3C4D5E6F7-and-more"
    values = {**VPC, **EXAMPLES, "GradualDeployment": "true", "Tracing": "Active"}
    stack = Resolved(transformed(**values), values, {"AWS::StackName": long})
    named = [
        part
        for statement in statements(stack, role).values()
        for part in re.findall(rf'"arn:[^"]*{long}[^"]*"', json.dumps(statement))
    ]
    # An alarm's name has room for 255.
    assert {part.split(":")[2] for part in named} <= {"cloudwatch"}


def test_deliver_runs_in_the_subnets_with_the_rights_that_lambda_needs() -> None:
    """Its own code cannot use them: Lambda calls without the function's ARN, the code with it."""
    stack = resolved(**VPC)
    assert properties(stack, "DeliverFunction")["VpcConfig"] == {
        "SubnetIds": VPC["DeliverSubnetIds"].split(","),
        "SecurityGroupIds": [VPC["DeliverSecurityGroupIds"]],
    }
    allowed, denied = (statements(stack, "DeliverRole")[sid] for sid in ("AttachToSubnets", "NotByTheFunctionItself"))
    assert allowed["Action"] == denied["Action"]
    assert "ec2:CreateNetworkInterface" in allowed["Action"]
    assert denied["Condition"] == {"Null": {"lambda:SourceFunctionArn": "false"}}
    assert "VpcConfig" not in properties(resolved(), "DeliverFunction")
    assert "VpcConfig" not in properties(stack, "IngestFunction")
    assert "ec2:" not in json.dumps(statements(resolved(), "DeliverRole"))


def test_provisioned_pollers_take_the_place_of_a_maximum_concurrency() -> None:
    """Lambda refuses both at once."""
    usual = properties(resolved(), "DeliverFunctionQueue")
    provisioned = properties(resolved(DeliverMinimumPollers="2", DeliverMaximumPollers="4"), "DeliverFunctionQueue")
    assert usual["ScalingConfig"] == {"MaximumConcurrency": "5"}
    assert "ProvisionedPollerConfig" not in usual
    assert provisioned["ProvisionedPollerConfig"] == {"MinimumPollers": "2", "MaximumPollers": "4"}
    assert "ScalingConfig" not in provisioned


def test_provisioned_pollers_are_ended_by_an_empty_value_and_by_nothing_else() -> None:
    """Lambda keeps, and bills, what an update leaves out; of a new mapping it takes no empty value."""
    ended = properties(resolved(DeliverMinimumPollers="off"), "DeliverFunctionQueue")
    assert ended["ProvisionedPollerConfig"] == {}
    assert ended["ScalingConfig"] == {"MaximumConcurrency": "5"}
    assert "ProvisionedPollerConfig" not in properties(resolved(), "DeliverFunctionQueue")
    page = (TEMPLATE.parent / "docs" / "configuration.md").read_text()
    assert "DeliverMinimumPollers=off" in page


# --- what is given is checked


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DeliverMinimumPollers", "1"),
        ("DeliverMinimumPollers", "201"),
        ("DeliverSubnetIds", "subnet-0123456789abcdef0, subnet-0123456789abcdef1"),
        ("SenderAccountIds", "*"),
        ("SenderAccountIds", "44445555666"),
        ("SenderOrganizationId", "*"),
        ("DomainMappingPath", "/relay"),
        ("DomainMappingPath", "relay/"),
        ("RolePath", "team"),
        ("KmsKeyArn", "arn:aws:kms:eu-west-1:111122223333:alias/aws/sqs"),
        ("DreamdataSecretKmsKeyArn", "alias/team"),
        ("AlarmEmail", "nobody"),
    ],
)
def test_values_that_cannot_work_are_refused(name: str, value: str) -> None:
    assert not is_allowed(name, value)


def test_every_pattern_says_what_it_asks_for() -> None:
    """CloudFormation shows the bare expression otherwise."""
    patterns = {name: each for name, each in parameters().items() if "AllowedPattern" in each}
    assert [name for name, each in patterns.items() if "ConstraintDescription" not in each] == []


def test_the_options_are_off_by_default() -> None:
    for name in {*EXAMPLES, *NEEDED, *TOGETHER} - {"DreamdataEndpoint", "DeploymentType", "RolePath"}:
        assert str(parameters()[name]["Default"]) in {"", "0", "2", "false", "none", "off"}, name


def test_whom_alarms_tell_is_asked_first() -> None:
    """`sam deploy --guided` asks in the template's order; the console shows the first group on top."""
    assert list(parameters())[:2] == ["AlarmEmail", "AlarmTopicArn"]


# --- privacy


@pytest.mark.parametrize("role", ["IngestRole", "DeliverRole"])
def test_each_role_reads_the_keys_of_pseudonyms_and_no_other_secret_for_them(role: str) -> None:
    """Only if there are any."""
    given = EXAMPLES["PrivacyKeys"]
    for value, resource in (("own", "PrivacyKeysSecret"), (given, given)):
        statement = statements(resolved(PrivacyKeys=value), role)["ReadPrivacyKeys"]
        assert statement["Action"] == "secretsmanager:GetSecretValue"
        assert resource in json.dumps(statement["Resource"])
    assert "ReadPrivacyKeys" not in statements(resolved(), role)


def test_without_privacy_keys_there_is_nothing_of_them() -> None:
    text = json.dumps(resolved().resources())
    assert "PrivacyKeys" not in text
    assert "PRIVACY_KEYS" not in text


def test_the_stack_s_own_keys_can_be_used_as_they_are_made() -> None:
    made = properties(resolved(PrivacyKeys="own"), "PrivacyKeysSecret")["GenerateSecretString"]
    assert (made["SecretStringTemplate"], made["ExcludePunctuation"]) == ("{}", True)
    ring = ring_of(json.dumps({made["GenerateStringKey"]: "x" * made["PasswordLength"]}))
    assert (ring.current, ring.ids, ring.suppression is None) == ("k1", ("k1",), False)


def test_both_functions_are_told_of_the_keys_and_deliver_of_both_roles() -> None:
    stack = resolved(PrivacyKeys=EXAMPLES["PrivacyKeys"], UnreadableBodies="digest")
    for function in ("IngestFunction", "DeliverFunction"):
        variables = properties(stack, function)["Environment"]["Variables"]
        assert variables["PRIVACY_KEYS_SECRET_ID"] == EXAMPLES["PrivacyKeys"]
        assert variables["UNREADABLE_BODIES"] == "digest"
    assert {"INGEST_ROLE_ID", "DELIVER_ROLE_ID"} <= variables.keys()


# --- suppression

_LISTED = {"PrivacyKeys": "own", "Suppression": "hold"}


def test_without_suppression_there_is_nothing_of_it() -> None:
    text = json.dumps(resolved(PrivacyKeys="own").resources())
    assert "uppression" not in text
    assert "SUPPRESSION" not in text
    assert "s3:" not in text


def test_a_list_without_the_secret_of_its_key_is_refused() -> None:
    assert any("PrivacyKeys" in text for text in resolved(Suppression="hold").violations())
    assert resolved(**_LISTED).violations() == []


@pytest.mark.parametrize("role", ["IngestRole", "DeliverRole"])
def test_each_role_reads_the_list_and_nothing_else_in_s3(role: str) -> None:
    allowed = {
        sid: (statement["Action"], statement["Resource"])
        for sid, statement in statements(resolved(**_LISTED), role).items()
        if "s3:" in json.dumps(statement["Action"])
    }
    assert {sid: action for sid, (action, _) in allowed.items()} == {
        "ReadSuppressionList": "s3:GetObject",
        "TellMissingListFromDenied": "s3:ListBucket",
    }
    assert str(allowed["ReadSuppressionList"][1]).endswith("/suppression-list")
    assert "*" not in json.dumps(allowed)


@pytest.mark.parametrize("key", [{}, {"KmsKeyArn": EXAMPLES["KmsKeyArn"]}])
def test_the_list_s_bucket_keeps_versions_is_encrypted_and_closed_and_stays(key: dict[str, str]) -> None:
    stack = resolved(**_LISTED, **key)
    resource, bucket = stack.resources()["SuppressionBucket"], properties(stack, "SuppressionBucket")
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert encryption["ServerSideEncryptionByDefault"] == (
        {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": EXAMPLES["KmsKeyArn"]} if key else {"SSEAlgorithm": "AES256"}
    )
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    assert "BucketName" not in bucket
    (only_tls,) = properties(stack, "SuppressionBucketPolicy")["PolicyDocument"]["Statement"]
    assert (only_tls["Effect"], only_tls["Action"], len(only_tls["Resource"])) == ("Deny", "s3:*", 2)
    assert only_tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize("fail", ["hold", "pass"])
def test_both_functions_are_told_where_the_list_is_and_what_holds_without_it(fail: str) -> None:
    stack = resolved(PrivacyKeys="own", Suppression=fail)
    for function in ("IngestFunction", "DeliverFunction"):
        variables = properties(stack, function)["Environment"]["Variables"]
        assert variables["SUPPRESSION_FAIL"] == fail
        assert variables["SUPPRESSION_OBJECT"].startswith("https://")
        assert variables["SUPPRESSION_OBJECT"].endswith("/suppression-list")


def test_a_key_of_one_s_own_is_used_through_s3_only_with_a_list() -> None:
    own = {"KmsKeyArn": EXAMPLES["KmsKeyArn"]}
    assert '"s3.' not in json.dumps(statements(resolved(**own), "DeliverRole"))
    assert '"s3.eu-west-1.' in json.dumps(statements(resolved(**own, **_LISTED), "DeliverRole"))
