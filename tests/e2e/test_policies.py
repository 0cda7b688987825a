"""Every action on every resource that a deployed function is allowed is needed: without it, something is denied.

That nothing is missing, all the other end-to-end tests show, which run under the same policies.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from types import SimpleNamespace
from typing import Any, Final

import boto3
import pytest
from botocore.exceptions import ClientError
from mypy_boto3_lambda import LambdaClient

from chalicelib.aws import clients
from tests.conftest import DESTINATION, SOURCE, Deployed
from tests.e2e.exercises import EXERCISES, Exercise, Functions, name_of, swept_on
from tools.local_stack import LocalStack
from tools.policies.__main__ import LOCAL
from tools.policies.grants import Grant, document
from tools.policies.stage import Policy, policies
from tools.server import PROJECT

# HEAD has no words, and /health has no more than these.
DENIED = re.compile(r"AccessDenied|\(403\)|unavailable: 403")
FUNCTIONS = ("compress", "record_failure", "sweep", "sweep_daily", "api_handler")


def shortened(grant: Grant) -> str:
    return re.sub(
        r"^arn:aws:[a-z0-9]+:[a-z0-9-]*:\d*:(log-group:/aws/lambda/|function:)?", "", grant.resource
    )


# What the emulator does not ask a function's role: instead, a user with the very same policy calls AWS.

Attempt = Callable[[boto3.Session, str], Any]


def send_message(user: boto3.Session, endpoint: str) -> None:
    sqs = boto3.client("sqs", endpoint_url=endpoint)
    url = sqs.get_queue_url(QueueName="imagepress-local-dead-letters")["QueueUrl"]
    user.client("sqs", endpoint_url=endpoint).send_message(QueueUrl=url, MessageBody="x")
    for message in sqs.receive_message(QueueUrl=url).get("Messages", []):
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def invoke_record_failure(user: boto3.Session, endpoint: str) -> None:
    user.client("lambda", endpoint_url=endpoint).invoke(
        FunctionName=name_of("record_failure"), InvocationType="DryRun"
    )


def head_source(user: boto3.Session, endpoint: str) -> None:
    boto3.client("s3", endpoint_url=endpoint).put_object(Bucket=SOURCE, Key="policies.txt", Body=b"x")
    user.client("s3", endpoint_url=endpoint).head_object(Bucket=SOURCE, Key="policies.txt")


def list_compressed(user: boto3.Session, endpoint: str) -> None:
    user.client("s3", endpoint_url=endpoint).list_objects_v2(Bucket=DESTINATION, MaxKeys=1)


NOT_ASKED: Final[Mapping[tuple[str, str, str], Attempt]] = {
    # Lambda hands failed events on with the role; the emulator does so by itself.
    **{
        (each, "sqs:SendMessage", "imagepress-local-dead-letters"): send_message
        for each in ("sweep", "sweep_daily")
    },
    ("compress", "lambda:InvokeFunction", "imagepress-local-record_failure"): invoke_record_failure,
    ("record_failure", "s3:ListBucket", DESTINATION): list_compressed,
    # Without it, the function finds the source's ETag in the listing, which costs more.
    ("record_failure", "s3:GetObject", f"{SOURCE}/*"): head_source,
    # Where an object is missing, S3 answers 403 to who may not list its bucket; the emulator, 404 to everybody.
    ("compress", "s3:ListBucket", DESTINATION): list_compressed,
}

UNKNOWN_TO_THE_EMULATOR: Final = {
    # Lambda writes the log with the role; the emulator does so by itself, and knows a log group by another ARN than
    # AWS's policies do, which ends in `:*`.
    *((each, "logs:CreateLogStream", f"{name_of(each)}:*") for each in FUNCTIONS),
    *((each, "logs:PutLogEvents", f"{name_of(each)}:*") for each in FUNCTIONS),
}


@cache
def allowed() -> Mapping[tuple[str, str, str], tuple[Policy, Grant]]:
    """Return the policy and the grant of each function, action and resource."""
    return {
        (policy.function, grant.action, shortened(grant)): (policy, grant)
        for policy in policies(PROJECT, "local", LOCAL)
        for grant in sorted(policy.grants)
    }


def without(policy: Policy, grant: Grant) -> str:
    return json.dumps(document(policy.grants - {grant}))


@pytest.fixture(scope="module")
def functions(stack: LocalStack, functions: LambdaClient, deployed: Deployed) -> Iterator[Functions]:
    invoked = Functions(deployed, functions)
    seconds = functions.get_function_configuration(FunctionName=name_of("sweep"))["Timeout"]
    configuration = deployed.s3.get_bucket_notification_configuration(Bucket=SOURCE)
    del configuration["ResponseMetadata"]  # type: ignore[misc]
    deployed.s3.put_bucket_notification_configuration(Bucket=SOURCE, NotificationConfiguration={})
    yield invoked
    for key in invoked.keys:
        deployed.s3.delete_object(Bucket=SOURCE, Key=key)
        invoked.reconcile(key)
    functions.update_function_configuration(FunctionName=name_of("sweep"), Timeout=seconds)
    deployed.s3.put_bucket_notification_configuration(Bucket=SOURCE, NotificationConfiguration=configuration)  # type: ignore[arg-type]


@contextmanager
def lacking(stack: LocalStack, policy: Policy, grant: Grant) -> Iterator[None]:
    """Take an action from a function's role for a while."""
    iam = stack.session.client("iam", endpoint_url=stack.endpoint)
    names = {"RoleName": policy.role, "PolicyName": policy.role}
    iam.put_role_policy(**names, PolicyDocument=without(policy, grant))
    try:
        yield
    finally:
        iam.put_role_policy(**names, PolicyDocument=policy.text())


def test_what_is_shown_to_be_needed_is_all_that_is_allowed() -> None:
    shown = {*EXERCISES, *NOT_ASKED, *UNKNOWN_TO_THE_EMULATOR}
    assert allowed().keys() - shown == set(), "spare, or its exercise is missing"
    assert shown - allowed().keys() == set(), "no longer allowed"


@pytest.mark.parametrize("needed", EXERCISES, ids=" ".join)
def test_without_it_a_function_is_denied_something(
    functions: Functions, stack: LocalStack, needed: tuple[str, str, str]
) -> None:
    with lacking(stack, *allowed()[needed]):
        assert DENIED.search(EXERCISES[needed](functions))


@pytest.mark.parametrize("exercise", dict.fromkeys(EXERCISES.values()))
def test_with_the_whole_policy_a_function_is_denied_nothing(functions: Functions, exercise: Exercise) -> None:
    assert not DENIED.search(exercise(functions))


@pytest.mark.parametrize("needed", NOT_ASKED, ids=" ".join)
def test_user_with_the_policy_is_denied_something_without_it(
    stack: LocalStack, needed: tuple[str, str, str]
) -> None:
    (policy, grant), attempt = allowed()[needed], NOT_ASKED[needed]
    iam = stack.session.client("iam", endpoint_url=stack.endpoint)
    user = f"like-{policy.role}-{needed[1].replace(':', '-')}"
    iam.create_user(UserName=user)
    keys = iam.create_access_key(UserName=user)["AccessKey"]
    session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], region_name="us-east-1")

    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=policy.text())
    attempt(session, stack.endpoint)
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=without(policy, grant))
    with pytest.raises(ClientError, match=r"AccessDenied|403"):
        attempt(session, stack.endpoint)


# What the same exercises call in this process, seen by a hook of botocore.

_ACTIONS: Final = {
    **dict.fromkeys(("HeadBucket", "ListObjectsV2"), ("s3:ListBucket",)),
    # S3 answers 403 instead of 404 to a caller who may not list the bucket.
    **dict.fromkeys(("GetObject", "HeadObject"), ("s3:GetObject", "s3:ListBucket")),
    "CreateBucket": ("s3:PutObject",),  # the operation under which botocore signs forms for uploads
    "DeleteObjects": ("s3:DeleteObject",),
    "Invoke": ("lambda:InvokeFunction",),
}


class Recorder(Functions):
    """The functions of app.py in this process, and what they ask AWS for."""

    def __init__(self, functions: Functions) -> None:
        super().__init__(functions.deployed, functions.client)
        self.function = ""
        self.seen: set[tuple[str, str, str]] = set()

    def invoke(self, function: str, event: Any) -> str:
        import app  # its settings are in the environment once the stack is up

        self.function = function
        handler = app.app if function == "api_handler" else getattr(app, function)
        short = SimpleNamespace(aws_request_id="1", get_remaining_time_in_millis=lambda: 0)
        return json.dumps(handler(event, short))

    def compressed(self) -> str:
        self.function = ""  # what this process asks for, no function does
        return super().compressed()

    def watch(self, client: Any) -> None:
        """Record every request that a client makes or signs from now on."""
        client.meta.events.register("provide-client-params", self._see)

    def _see(self, params: Any, model: Any, **_: Any) -> None:
        if not self.function:
            return
        operation, service = model.name, model.service_model.service_name
        for action in _ACTIONS.get(operation, (f"{service}:{operation}",)):
            self.seen.add((self.function, action, _resource(action, params)))


def _resource(action: str, params: Any) -> str:
    if action.startswith("s3:"):
        return str(params["Bucket"]) + ("" if action == "s3:ListBucket" else "/*")
    if action.startswith("lambda:"):
        return str(params["FunctionName"])
    (table,) = params.get("RequestItems", [params.get("TableName")])
    index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
    return f"table/{table}{index}"


def test_what_the_exercises_call_is_what_is_granted(functions: Functions) -> None:
    recorder = Recorder(functions)
    for waits in (clients.PATIENT, clients.QUICK):
        recorder.watch(clients.s3_client(waits, None))
        recorder.watch(clients.dynamodb_client(waits, None))
        recorder.watch(clients.lambda_client(waits, None))
    for exercise in {*EXERCISES.values()} - {swept_on}:
        exercise(recorder)
    functions.keys += recorder.keys

    # Lambda itself writes the logs and sends what failed; the dead-letter queue's client is not watched.
    by_lambda = {each for each in allowed() if each[1].startswith(("logs:", "sqs:"))}
    by_lambda.add(("compress", "lambda:InvokeFunction", "imagepress-local-record_failure"))
    assert recorder.seen - by_lambda == allowed().keys() - by_lambda
