"""What calls need: actions and resources as IAM names them."""

import json
from collections.abc import Callable

import pytest

from tests.unit.policies.conftest import ACCOUNT, ENVIRONMENT, Follow
from tools.policies.arns import Account
from tools.policies.generator import Project
from tools.policies.grants import Grant, document

S3, DYNAMODB = 'boto3.client("s3").', 'boto3.client("dynamodb").'


@pytest.mark.parametrize(
    ("call", "needs"),
    [
        ('head_bucket(Bucket="b")', {"s3:ListBucket": {"b"}}),
        ('list_objects_v2(Bucket="b")', {"s3:ListBucket": {"b"}}),
        ('head_object(Bucket="b", Key="k")', {"s3:GetObject": {"b/*"}, "s3:ListBucket": {"b"}}),
        ('get_object(Bucket="b", Key="k")', {"s3:GetObject": {"b/*"}, "s3:ListBucket": {"b"}}),
        ('delete_object(Bucket="b", Key="k")', {"s3:DeleteObject": {"b/*"}}),
        ('delete_objects(Bucket="b", Delete={})', {"s3:DeleteObject": {"b/*"}}),
        ('put_object(Bucket="b", Key="k", IfNoneMatch="*")', {"s3:PutObject": {"b/*"}}),
        (
            'put_object(Bucket="b", Key="k", **({"IfMatch": "e"} if event else {}))',
            {"s3:PutObject": {"b/*"}, "s3:GetObject": {"b/*"}},
        ),
        ('get_paginator("list_object_versions").paginate(Bucket="b")', {"s3:ListBucketVersions": {"b"}}),
        ('get_waiter("bucket_exists").wait(Bucket="b")', {"s3:ListBucket": {"b"}}),
        (
            'generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"})',
            {"s3:GetObject": {"b/*"}},
        ),
        (
            'generate_presigned_url(ClientMethod="put_object", Params=dict(Bucket="b", Key="k"))',
            {"s3:PutObject": {"b/*"}},
        ),
        ('generate_presigned_post("b", "k", Fields={})', {"s3:PutObject": {"b/*"}}),
        ('upload_file("local", "b", "k")', {"s3:PutObject": {"b/*"}, "s3:AbortMultipartUpload": {"b/*"}}),
        (
            'upload_file("local", "b", "k", ExtraArgs={"ACL": "private", "Tagging": "a=b", "ContentType": "x"})',
            {
                action: {"b/*"}
                for action in (
                    "s3:PutObject",
                    "s3:AbortMultipartUpload",
                    "s3:PutObjectAcl",
                    "s3:PutObjectTagging",
                )
            },
        ),
        ('upload_file("f", "b", "k", None)', {"s3:PutObject": {"b/*"}, "s3:AbortMultipartUpload": {"b/*"}}),
        ('download_file("b", "k", "f")', {"s3:GetObject": {"b/*"}, "s3:ListBucket": {"b"}}),
        (
            'put_object(Bucket="b", Key="k", GrantRead="x", ObjectLockMode="GOVERNANCE", ObjectLockLegalHoldStatus="ON")',
            {
                action: {"b/*"}
                for action in (
                    "s3:PutObject",
                    "s3:PutObjectAcl",
                    "s3:PutObjectRetention",
                    "s3:PutObjectLegalHold",
                )
            },
        ),
        (
            'get_object(Bucket="b", Key="k", VersionId="v")',
            {"s3:GetObjectVersion": {"b/*"}, "s3:ListBucket": {"b"}},
        ),
        (
            'get_object(Bucket="b", Key="k", **({"VersionId": "v"} if event else {}))',
            {"s3:GetObject": {"b/*"}, "s3:GetObjectVersion": {"b/*"}, "s3:ListBucket": {"b"}},
        ),
        (
            'generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k", "VersionId": "v"})',
            {"s3:GetObjectVersion": {"b/*"}},
        ),
        ('delete_object(Bucket="b", Key="k", VersionId="v")', {"s3:DeleteObjectVersion": {"b/*"}}),
        (
            'delete_objects(Bucket="b", Delete={"Objects": [{"Key": "k", "VersionId": "v"}]})',
            {"s3:DeleteObjectVersion": {"b/*"}},
        ),
        (
            'delete_objects(Bucket="b", Delete={"Objects": [{"Key": "k", "VersionId": "v"}, {"Key": "k"}]})',
            {"s3:DeleteObjectVersion": {"b/*"}, "s3:DeleteObject": {"b/*"}},
        ),
        (
            'generate_presigned_post("b", "k", {"acl": "private"}, [["starts-with", "$tagging", ""], {"x-amz-meta-a": "b"}])',
            {"s3:PutObject": {"b/*"}, "s3:PutObjectAcl": {"b/*"}, "s3:PutObjectTagging": {"b/*"}},
        ),
        (
            'generate_presigned_post("b", "k", Conditions=[{"x-amz-grant-read": "x"}, ["content-length-range", 1, 2]])',
            {"s3:PutObject": {"b/*"}, "s3:PutObjectAcl": {"b/*"}},
        ),
        ('put_object_tagging(Bucket="b", Key="k", VersionId="v")', {"s3:PutObjectVersionTagging": {"b/*"}}),
        ('can_paginate("list_objects_v2")', {}),
        ('get_bucket_versioning(Bucket="b")', {"s3:GetBucketVersioning": {"b"}}),
    ],
)
def test_calls_of_s3(follow: Follow, call: str, needs: object) -> None:
    assert follow(S3 + call) == needs


@pytest.mark.parametrize(
    ("call", "needs"),
    [
        ('get_item(TableName="T", Key={})', {"dynamodb:GetItem": {"table/T"}}),
        ('query(TableName="T")', {"dynamodb:Query": {"table/T"}}),
        ('query(TableName="T", IndexName="i")', {"dynamodb:Query": {"table/T/index/i"}}),
        (
            'query(TableName="T", **({"IndexName": "i"} if event else {}))',
            {"dynamodb:Query": {"table/T", "table/T/index/i"}},
        ),
        ('query(**{"TableName": "T", "IndexName": "i"})', {"dynamodb:Query": {"table/T/index/i"}}),
        ('batch_get_item(RequestItems={"T": {"Keys": []}})', {"dynamodb:BatchGetItem": {"table/T"}}),
        (
            'batch_write_item(RequestItems={os.environ["TABLE"]: []})',
            {"dynamodb:BatchWriteItem": {"table/Records"}},
        ),
        (
            'transact_write_items(TransactItems=[{"Put": {"TableName": "T"}}, {"Update": {"TableName": "U"}}])',
            {"dynamodb:PutItem": {"table/T"}, "dynamodb:UpdateItem": {"table/U"}},
        ),
        (
            'transact_write_items(TransactItems=[{"Delete" if event else "ConditionCheck": {"TableName": "T"}}])',
            {"dynamodb:DeleteItem": {"table/T"}, "dynamodb:ConditionCheckItem": {"table/T"}},
        ),
        (
            "transact_get_items(TransactItems=built)",
            {"dynamodb:GetItem": {"table/T"}},
        ),
        (
            'transact_get_items(TransactItems=[{"Get": {"TableName": "T"}}])',
            {"dynamodb:GetItem": {"table/T"}},
        ),
        ('get_paginator("scan").paginate(TableName="T")', {"dynamodb:Scan": {"table/T"}}),
    ],
)
def test_calls_of_dynamodb(follow: Follow, call: str, needs: object) -> None:
    built = 'built = []\nbuilt.append({"Get": {"TableName": "T"}})\n'
    assert follow(built + DYNAMODB + call) == needs


def test_what_a_batch_leaves_is_asked_for_again(follow: Follow) -> None:
    body = """
        asked = {"T": {"Keys": event["keys"]}}
        while asked:
            answer = boto3.client("dynamodb").batch_get_item(RequestItems=asked)
            asked = answer["UnprocessedKeys"]
    """
    assert follow(body) == {"dynamodb:BatchGetItem": {"table/T"}}


def _grants(project: Project, account: Account = ACCOUNT) -> set[Grant]:
    return set(project.policies("dev", account)[0].grants)


@pytest.mark.parametrize(
    ("call", "grant"),
    [
        (
            'boto3.client("lambda").invoke(FunctionName="other")',
            Grant("lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:123456789012:function:other"),
        ),
        (
            'boto3.client("lambda").invoke(FunctionName="arn:aws:lambda:us-east-1:1:function:x")',
            Grant("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:1:function:x"),
        ),
        (
            'boto3.client("sqs").send_message(QueueUrl="https://sqs.eu-west-1.amazonaws.com/42/q", MessageBody="")',
            Grant("sqs:SendMessage", "arn:aws:sqs:eu-west-1:42:q"),
        ),
        (
            'boto3.client("sns").publish(TopicArn="arn:aws:sns:eu-west-1:42:t", Message="")',
            Grant("sns:Publish", "arn:aws:sns:eu-west-1:42:t"),
        ),
        (
            'boto3.client("lambda").invoke(FunctionName="other", Qualifier="live")',
            Grant("lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:123456789012:function:other:live"),
        ),
        (
            'boto3.client("lambda").invoke(FunctionName="42:function:other:live")',
            Grant("lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:42:function:other:live"),
        ),
        (
            'boto3.client("lambda").invoke(FunctionName=os.environ["AWS_LAMBDA_FUNCTION_NAME"])',
            Grant("lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:123456789012:function:app-dev-f"),
        ),
        (
            'boto3.client("sqs").send_message(QueueUrl="https://sqs.us-east-2.amazonaws.com/42/q", MessageBody="")',
            Grant("sqs:SendMessage", "arn:aws:sqs:us-east-2:42:q"),
        ),
        (
            'boto3.client("sqs").send_message(QueueUrl="http://localhost:4566/42/q", MessageBody="")',
            Grant("sqs:SendMessage", "arn:aws:sqs:eu-west-1:42:q"),
        ),
        (
            'boto3.client("dynamodb", region_name="us-east-2").scan(TableName="T")',
            Grant("dynamodb:Scan", "arn:aws:dynamodb:us-east-2:123456789012:table/T"),
        ),
        (
            'boto3.Session(region_name="us-east-2").client("dynamodb").scan(TableName="T")',
            Grant("dynamodb:Scan", "arn:aws:dynamodb:us-east-2:123456789012:table/T"),
        ),
        (
            'boto3.client("dynamodb", boto3.Session(region_name="us-east-2").region_name).scan(TableName="T")',
            Grant("dynamodb:Scan", "arn:aws:dynamodb:us-east-2:123456789012:table/T"),
        ),
        (
            'boto3.client("dynamodb", os.environ["AWS_REGION"]).scan(TableName="T")',
            Grant("dynamodb:Scan", "arn:aws:dynamodb:eu-west-1:123456789012:table/T"),
        ),
        (f'{S3}head_bucket(Bucket="b")', Grant("s3:ListBucket", "arn:aws:s3:::b")),
    ],
)
def test_resources_are_whole_arns(project: Callable[..., Project], call: str, grant: Grant) -> None:
    assert grant in _grants(project(call))


def test_another_partition_has_its_own_arns(project: Callable[..., Project]) -> None:
    china = Account("aws-cn", "123456789012", "cn-north-1")
    found = _grants(project(f'{S3}head_bucket(Bucket="b")'), china)
    assert {grant.resource.split(":")[1] for grant in found} == {"aws-cn"}


def test_a_function_writes_its_own_log_alone(project: Callable[..., Project]) -> None:
    own = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/app-dev-f"
    write = {Grant("logs:CreateLogStream", f"{own}:*"), Grant("logs:PutLogEvents", f"{own}:*")}
    assert _grants(project()) == write
    assert _grants(project(log_retention_in_days=None)) == write | {Grant("logs:CreateLogGroup", own)}


def test_the_api_makes_its_log_group_itself_unless_something_else_does(
    project: Callable[..., Project],
) -> None:
    """Chalice's would have the name of no function."""
    folder = project(app="@app.route('/')\ndef index():\n    pass").folder
    make = Grant("logs:CreateLogGroup", "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/app-dev")
    (by_itself,) = Project(folder).policies("dev", ACCOUNT)
    (made,) = Project(folder, log_groups=frozenset({"api_handler"})).policies("dev", ACCOUNT)
    assert by_itself.grants - made.grants == {make}


def test_lambda_may_hand_failed_events_on(project: Callable[..., Project]) -> None:
    queue = "arn:aws:sqs:eu-west-1:123456789012:letters"
    folder = project().folder
    policies = Project(folder, {"f": "QUEUE"}).policies("dev", ACCOUNT, {**ENVIRONMENT, "QUEUE": queue})
    assert Grant("sqs:SendMessage", queue) in policies[0].grants


def test_actions_on_the_same_resources_stand_together() -> None:
    written = document([Grant("s3:B", "x"), Grant("s3:A", "x"), Grant("s3:C", "y"), Grant("s3:C", "x")])
    assert written["Statement"] == [
        {"Effect": "Allow", "Action": ["s3:A", "s3:B"], "Resource": ["x"]},
        {"Effect": "Allow", "Action": ["s3:C"], "Resource": ["x", "y"]},
    ]


def test_the_same_code_gives_the_same_text(project: Callable[..., Project]) -> None:
    made = project(f'{S3}get_object(Bucket="b", Key="k")\n{DYNAMODB}get_item(TableName="T", Key=dict())')
    first, second = (made.policies("dev", ACCOUNT)[0].text() for _ in range(2))
    assert first == second
    assert json.loads(first)["Version"] == "2012-10-17"
