"""The rights that deploying the stack takes, as an IAM policy.

``python -m tools.deployer_policy`` writes it into docs/. Which actions CloudFormation calls for a type of resource is
told by its own schema, which cfn-lint ships. STACK, REGION and ACCOUNT stand for the reader's.
"""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from tools.changes import before_and_after, parameters

PAGE = Path(__file__).resolve().parent.parent / "docs" / "deployer-policy.json"
_HANDLERS = ("create", "read", "update", "delete")
# For what the template does not use. Reading it is left in: CloudFormation looks at all of a resource.
NOT_NEEDED = (
    "codedeploy:RegisterOnPremisesInstance", "elasticfilesystem:", "firehose:",
    "iam:AttachRolePolicy", "iam:DetachRolePolicy",
    "lambda:AssociateRuntimeAlias", "lambda:DeleteFunctionCodeSigningConfig",
    "lambda:DeleteProvisionedConcurrencyConfig", "lambda:PassCapacityProvider",
    "lambda:PutFunctionCodeSigningConfig", "lambda:PutFunctionScalingConfig",
    "lambda:PutProvisionedConcurrencyConfig",
    "logs:AssociateKmsKey", "logs:DeleteDataProtectionPolicy", "logs:DeleteIndexPolicy", "logs:DeleteResourcePolicy",
    "logs:DisassociateKmsKey", "logs:PutBearerTokenAuthentication", "logs:PutDataProtectionPolicy",
    "logs:PutIndexPolicy", "logs:PutLogGroupDeletionProtection",
    "route53:", "s3:REST.PUT.OBJECT", "s3:getObject", "s3files:", "s3tables:",
    "s3:CreateBucketMetadata", "s3:DeleteBucketAnalytics", "s3:DeleteBucketCors", "s3:DeleteBucketMetadata",
    "s3:DeleteBucketMetrics", "s3:DeleteBucketReplication", "s3:DeleteBucketWebsite",
    "s3:PutAccelerate", "s3:PutAnalytics", "s3:PutBucketAbac", "s3:PutBucketAcl", "s3:PutBucketCORS",
    "s3:PutBucketLogging", "s3:PutBucketNotification", "s3:PutBucketObjectLock", "s3:PutBucketReplication",
    "s3:PutBucketWebsite", "s3:PutIntelligentTiering", "s3:PutInventory", "s3:PutMetrics", "s3:PutObjectAcl",
    "s3:PutObjectLock", "s3:PutReplication", "s3:UpdateBucketMetadata",
    "secretsmanager:RemoveRegionsFromReplication", "secretsmanager:ReplicateSecretToRegions",
    "sns:PutDataProtectionPolicy", "xray:",
)  # fmt: skip
# Actions that IAM knows no resource for, or whose resource has no name yet.
ANYWHERE = {
    "lambda:CreateEventSourceMapping",
    "lambda:ListEventSourceMappings",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:DescribeIndexPolicies",
    "secretsmanager:GetRandomPassword",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:ListMetrics",
}
# Nobody's schema tells of these: SAM's bucket and transform, API Gateway's writing to the access log, and its own role,
# which it makes in its caller's name with an account's first domain. Nor of what `relay smoke --read-only` looks
# at, as a pipeline does after it has deployed, and of the artifacts that `sam delete` removes.
BESIDES: dict[str, set[str]] = {
    "cloudformation": {
        "CreateChangeSet", "CreateStack", "DeleteChangeSet", "DeleteStack", "DescribeChangeSet", "DescribeStackEvents",
        "DescribeStacks", "ExecuteChangeSet", "GetTemplate", "GetTemplateSummary", "ListChangeSets",
        "ListStackResources",
    },
    "s3": {
        "CreateBucket", "DeleteObject", "GetBucketLocation", "GetBucketPolicy", "GetObject", "ListBucket",
        "PutBucketPolicy", "PutBucketPublicAccessBlock", "PutBucketTagging", "PutBucketVersioning",
        "PutEncryptionConfiguration", "PutObject",
    },
    "logs": {
        "CreateLogDelivery", "DeleteLogDelivery", "DescribeLogGroups", "DescribeResourcePolicies", "FilterLogEvents",
        "GetLogDelivery", "ListLogDeliveries", "PutResourcePolicy", "UpdateLogDelivery",
    },
    "iam": {"CreateServiceLinkedRole", "PassRole", "SimulatePrincipalPolicy"},
    "lambda": {"GetFunctionConcurrency", "ListEventSourceMappings"},
}  # fmt: skip
_LOG_DELIVERY = {f"logs:{action}" for action in BESIDES["logs"] - {"FilterLogEvents"}}
RESOURCES: dict[str, list[str]] = {
    "apigateway": [
        "arn:aws:apigateway:REGION::/apis*",
        "arn:aws:apigateway:REGION::/domainnames*",
        "arn:aws:apigateway:REGION::/tags/*",
    ],
    "cloudformation": [
        "arn:aws:cloudformation:REGION:ACCOUNT:stack/STACK/*",
        "arn:aws:cloudformation:REGION:ACCOUNT:stack/aws-sam-cli-managed-default/*",
        "arn:aws:cloudformation:REGION:aws:transform/Serverless-2016-10-31",
    ],
    "cloudwatch": ["arn:aws:cloudwatch:REGION:ACCOUNT:alarm:STACK-*", "arn:aws:cloudwatch::ACCOUNT:dashboard/*"],
    "codedeploy": [
        "arn:aws:codedeploy:REGION:ACCOUNT:application:STACK-*",
        "arn:aws:codedeploy:REGION:ACCOUNT:deploymentgroup:STACK-*/*",
        "arn:aws:codedeploy:REGION:ACCOUNT:deploymentconfig:*",
    ],
    "iam": [
        "arn:aws:iam::ACCOUNT:role/STACK-*",
        "arn:aws:iam::ACCOUNT:role/aws-service-role/ops.apigateway.amazonaws.com/AWSServiceRoleForAPIGateway",
    ],
    "kms": ["arn:aws:kms:REGION:ACCOUNT:key/KEY-OF-KmsKeyArn"],
    "lambda": [
        "arn:aws:lambda:REGION:ACCOUNT:function:STACK-*",
        "arn:aws:lambda:REGION:ACCOUNT:layer:RelayLayer*",
        "arn:aws:lambda:REGION:ACCOUNT:layer:RulesLayer*",
        "arn:aws:lambda:REGION:ACCOUNT:layer:IngestSettings*",
        "arn:aws:lambda:REGION:ACCOUNT:layer:DeliverSettings*",
        "arn:aws:lambda:REGION:ACCOUNT:layer:NAME-IN-RulesLayerArn:*",
        "arn:aws:lambda:REGION:ACCOUNT:event-source-mapping:*",
    ],
    "logs": [
        "arn:aws:logs:REGION:ACCOUNT:log-group:STACK-*",
        "arn:aws:logs:REGION:ACCOUNT:log-group:/aws/vendedlogs/STACK-*",
    ],
    "s3": [
        "arn:aws:s3:::aws-sam-cli-managed-default-*",
        # Of the suppression list; a bucket's name has small letters only.
        "arn:aws:s3:::STACK-*",
        "arn:aws:s3:::BUCKET-OF-DomainTruststoreUri/*",
    ],
    # CloudFormation names these without the stack.
    "secretsmanager": [
        "arn:aws:secretsmanager:REGION:ACCOUNT:secret:IngestKeysSecret-*",
        "arn:aws:secretsmanager:REGION:ACCOUNT:secret:DreamdataSecret-*",
        "arn:aws:secretsmanager:REGION:ACCOUNT:secret:PrivacyKeysSecret-*",
    ],
    "sns": ["arn:aws:sns:REGION:ACCOUNT:STACK-*"],
    "sqs": ["arn:aws:sqs:REGION:ACCOUNT:STACK-*"],
}


def resource_types() -> set[str]:
    """Every type that the stack may hold, whatever the parameters."""
    stacks = [stack for name in parameters() for stack in before_and_after(name)]
    return {resource["Type"] for stack in stacks for resource in stack.resources().values()}


def actions_of(kind: str) -> set[str]:
    """What CloudFormation calls to make, read, change and delete a resource of the type."""
    handlers = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema["handlers"]
    called = {action for name in _HANDLERS if name in handlers for action in handlers[name]["permissions"]}
    return {action for action in called if not action.startswith(NOT_NEEDED)}


def policy() -> dict[str, Any]:
    """The policy document."""
    needed = {action for kind in resource_types() for action in actions_of(kind)}
    needed |= {f"{service}:{action}" for service, actions in BESIDES.items() for action in actions}
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for action in sorted(needed):
        service = action.partition(":")[0]
        free = action in ANYWHERE or action in _LOG_DELIVERY or service not in RESOURCES
        groups["*" if free else service].append(action)
    statements = [
        {"Sid": service.capitalize(), "Effect": "Allow", "Action": actions, "Resource": RESOURCES[service]}
        for service, actions in sorted(groups.items())
        if service != "*"
    ]
    anywhere = {"Sid": "WhereNoResourceCanBeNamed", "Effect": "Allow", "Action": groups["*"], "Resource": "*"}
    companion = {
        # `sam delete` asks whether there is one, and ends where it may not.
        "Sid": "AskForSamsOwnStack",
        "Effect": "Allow",
        "Action": ["cloudformation:DescribeStacks"],
        "Resource": ["arn:aws:cloudformation:REGION:ACCOUNT:stack/STACK-*-CompanionStack/*"],
    }
    return {"Version": "2012-10-17", "Statement": [*statements, companion, anywhere]}


def written() -> str:
    """The document's text."""
    return json.dumps(policy(), indent=2) + "\n"


if __name__ == "__main__":
    PAGE.write_text(written())
