"""What a deployer may need to call, as an IAM policy: docs/deployer-policy.json.

It is made from the calls that a deploy, a new token and a destroy make on the emulator, and from two tables of calls
that are not recorded there: CloudFormation's calls on the deployer's behalf, and calls of a second deploy or
after a failure.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import botocore.session

Call = tuple[str, str]
"""An operation of AWS as botocore names it: the service, and the operation."""

_PASS_ROLE: Final = "iam:PassRole"
_IAM_ACTIONS: Final[Mapping[Call, tuple[str, ...]]] = {
    ("lambda", "CreateFunction"): ("lambda:CreateFunction", "lambda:GetLayerVersion", _PASS_ROLE),
    ("s3", "DeleteObjects"): ("s3:DeleteObject", "s3:DeleteObjectVersion"),
    ("s3", "GetBucketNotificationConfiguration"): ("s3:GetBucketNotification",),
    ("s3", "HeadBucket"): ("s3:ListBucket",),
    ("s3", "ListObjectVersions"): ("s3:ListBucketVersions",),
    ("s3", "PutBucketNotificationConfiguration"): ("s3:PutBucketNotification",),
}
"""Operations whose permission has another name, in AWS's service authorization reference."""

_NOT_RECORDED: Final[frozenset[Call]] = frozenset(
    {
        ("apigateway", "GetRestApi"),
        ("apigateway", "PutRestApi"),
        ("apigateway", "UpdateRestApi"),
        ("cloudformation", "DescribeStackEvents"),
        ("iam", "DeleteRolePolicy"),
        ("lambda", "DeleteFunctionConcurrency"),
        ("lambda", "GetAccountSettings"),
        ("lambda", "DeleteLayerVersion"),
        ("lambda", "ListTags"),
        ("lambda", "PutFunctionConcurrency"),
        ("lambda", "RemovePermission"),
        ("lambda", "TagResource"),
        ("lambda", "UntagResource"),
        ("lambda", "UpdateFunctionCode"),
        ("lambda", "UpdateFunctionConfiguration"),
        ("logs", "PutRetentionPolicy"),
    }
)
"""What a deploy calls when the app exists already, and after a failure; the emulator lacks some of it."""

_ON_BEHALF: Final[Mapping[str, str]] = {
    "AWS::CloudWatch::Alarm": """
        cloudwatch:DeleteAlarms cloudwatch:DescribeAlarms cloudwatch:ListTagsForResource
        cloudwatch:PutMetricAlarm cloudwatch:TagResource cloudwatch:UntagResource
    """,
    "AWS::CloudWatch::Dashboard": """
        cloudwatch:DeleteDashboards cloudwatch:GetDashboard cloudwatch:PutDashboard
    """,
    "AWS::DynamoDB::Table": """
        dynamodb:CreateTable dynamodb:DescribeContinuousBackups dynamodb:DescribeContributorInsights
        dynamodb:DescribeKinesisStreamingDestination dynamodb:DescribeTable
        dynamodb:DescribeTimeToLive dynamodb:GetResourcePolicy dynamodb:ListTagsOfResource
        dynamodb:TagResource dynamodb:UntagResource dynamodb:UpdateContinuousBackups dynamodb:UpdateTable
        dynamodb:UpdateTimeToLive kms:DescribeKey
    """,
    "AWS::Logs::LogGroup": """
        logs:CreateLogGroup logs:DeleteLogGroup logs:DescribeIndexPolicies logs:DescribeLogGroups
        logs:DescribeResourcePolicies logs:GetDataProtectionPolicy logs:ListTagsForResource
        logs:PutRetentionPolicy logs:TagResource logs:UntagResource
    """,
    "AWS::S3::Bucket": """
        s3:CreateBucket s3:GetAccelerateConfiguration s3:GetAnalyticsConfiguration s3:GetBucketAbac
        s3:GetBucketCORS s3:GetBucketLogging s3:GetBucketMetadataTableConfiguration
        s3:GetBucketNotification s3:GetBucketObjectLockConfiguration
        s3:GetBucketOwnershipControls s3:GetBucketPublicAccessBlock s3:GetBucketTagging
        s3:GetBucketVersioning s3:GetBucketWebsite s3:GetEncryptionConfiguration
        s3:GetIntelligentTieringConfiguration s3:GetInventoryConfiguration
        s3:GetLifecycleConfiguration s3:GetMetricsConfiguration s3:GetReplicationConfiguration s3:ListBucket
        s3:ListTagsForResource s3:PutBucketCORS s3:PutBucketOwnershipControls s3:PutBucketPublicAccessBlock
        s3:PutBucketTagging s3:PutBucketVersioning s3:PutEncryptionConfiguration
        s3:PutLifecycleConfiguration s3:TagResource s3:UntagResource
    """,
    "AWS::S3::BucketPolicy": "s3:DeleteBucketPolicy s3:GetBucketPolicy s3:PutBucketPolicy",
    "AWS::SQS::Queue": """
        sqs:CreateQueue sqs:DeleteQueue sqs:GetQueueAttributes sqs:GetQueueUrl sqs:ListQueueTags
        sqs:SetQueueAttributes sqs:TagQueue sqs:UntagQueue
    """,
    "AWS::SQS::QueuePolicy": "sqs:SetQueueAttributes",
}
"""What CloudFormation calls, with the deployer's permissions, for a type: the handlers of its resource schema."""

_RESOURCES: Final[Mapping[str, tuple[str, ...]]] = {
    "apigateway": (
        "arn:aws:apigateway:*::/restapis",
        "arn:aws:apigateway:*::/restapis/*",
    ),  # an id is not known before
    "cloudformation": ("arn:aws:cloudformation:*:*:stack/{app}-*/*",),
    "cloudwatch": ("arn:aws:cloudwatch:*:*:alarm:{app}-*", "arn:aws:cloudwatch::*:dashboard/{app}-*"),
    "dynamodb": ("arn:aws:dynamodb:*:*:table/{app}-*",),
    "events": ("arn:aws:events:*:*:rule/{app}-*",),
    "iam": ("arn:aws:iam::*:role/{app}-*",),
    "kms": ("arn:aws:kms:*:*:key/*",),
    "lambda": ("arn:aws:lambda:*:*:function:{app}-*", "arn:aws:lambda:*:*:layer:{app}-*"),
    "logs": ("arn:aws:logs:*:*:log-group:/aws/lambda/{app}-*",),
    "s3": ("arn:aws:s3:::{app}-*",),
    "sqs": ("arn:aws:sqs:*:*:{app}-*",),
}
_WITHOUT_RESOURCE: Final = {
    "lambda:GetAccountSettings",
    "logs:DescribeIndexPolicies",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "sts:GetCallerIdentity",
}
_APART: Final = {*_WITHOUT_RESOURCE, _PASS_ROLE}
_OTHER_PREFIXES: Final = {"CloudWatch Logs": "logs", "EventBridge": "events"}
"""Of the permissions of services, where they differ from the service's name."""


def call_of(event: Mapping[str, Any]) -> Call:
    """Return the call that an event of botocore's client-side monitoring reports."""
    service = event["Service"]
    return _OTHER_PREFIXES.get(service, service.replace(" ", "").lower()), event["Api"]


def policy(app: str, calls: Iterable[Call], types: Iterable[str]) -> dict[str, Any]:
    """Return the policy of a deployer.

    Args:
        app: The app's name: the names of all resources begin with it.
        calls: The recorded calls.
        types: The types of the template's resources.
    """
    actions = {action for each in {*calls, *_NOT_RECORDED} for action in _actions(each)}
    actions |= {action for kind in types for action in _ON_BEHALF[kind].split()}
    statements = []
    for service, resources in _RESOURCES.items():
        of_service = {action for action in actions if action.startswith(f"{service}:")} - _APART
        if of_service:
            statements.append(_statement(of_service, [each.format(app=app) for each in resources]))
    passing = _statement([_PASS_ROLE], [each.format(app=app) for each in _RESOURCES["iam"]])
    statements.append(
        passing | {"Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}}
    )
    statements.append(_statement(actions & _WITHOUT_RESOURCE, ["*"]))
    return {"Version": "2012-10-17", "Statement": statements}


def _actions(each: Call) -> Iterable[str]:
    service, operation = each
    if service == "apigateway":  # its permissions are HTTP's methods
        model = botocore.session.get_session().get_service_model(service)
        return [f"apigateway:{model.operation_model(operation).http['method']}"]
    return _IAM_ACTIONS.get(each, (f"{service}:{operation}",))


def _statement(actions: Iterable[str], resources: list[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": sorted(actions), "Resource": resources}
