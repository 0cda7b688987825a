"""Every action on every resource that a deployed function is allowed is needed: without it, something is denied.

That nothing is missing, all the other end-to-end tests show, which run under the same policies.
"""

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote_plus
from uuid import uuid4

import boto3
import pytest
import urllib3
from botocore.exceptions import ClientError

from chalicelib import settings
from chalicelib.aws import clients
from chalicelib.aws.ranges import LAST
from chalicelib.aws.records_table import RecordsTable
from chalicelib.pipeline import Pipeline
from chalicelib.records import image_id
from chalicelib.services import Services
from tests.conftest import DESTINATION, SOURCE, TABLE, Deployed
from tests.fixtures.events import SCHEDULED, proxied
from tools.local_stack import LocalStack
from tools.pictures import picture
from tools.policies.__main__ import LOCAL
from tools.policies.grants import Grant, document
from tools.policies.stage import Policy, policies
from tools.server import PROJECT

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

DENIED = re.compile(
    r"AccessDenied|\(403\)|unavailable: 403"
)  # HEAD has no words, and /health no more than these
PHOTO = picture(64, 48, "JPEG")
FOLDER = "~policies"  # after all that other tests upload, so that a sweep can begin just before

POLICIES = {each.function: each for each in policies(PROJECT, "local", LOCAL)}


class Functions:
    """The deployed functions, invoked directly: the source bucket sends no notifications meanwhile."""

    def __init__(
        self, deployed: Deployed, table: RecordsTable, client: "LambdaClient", pipeline: Pipeline
    ) -> None:
        self.deployed = deployed
        self.table = table
        self.client = client
        self.pipeline = pipeline
        self.keys: list[str] = []

    def invoke(self, function: str, event: Any) -> str:
        """Return all that a function says: its answer, and the end of its log."""
        answer = self.client.invoke(
            FunctionName=name_of(function), Payload=json.dumps(event).encode(), LogType="Tail"
        )
        log = base64.b64decode(answer.get("LogResult", "")).decode(errors="replace")
        return f"{answer['Payload'].read().decode()}\n{log}"

    def reconcile(self, key: str) -> str:
        """Have a key reconciled by `compress`."""
        record = {"s3": {"bucket": {"name": SOURCE}, "object": {"key": quote_plus(key)}}}
        return self.invoke("compress", {"Records": [record]})

    def sweep(self) -> str:
        """Sweep over what these tests uploaded."""
        return self.invoke("sweep", {"position": {"after_key": FOLDER}})

    def api(self, method: str, route: str, body: Any = None, image: str = "", **query: str) -> str:
        """Call a route as API Gateway does."""
        json_body = {"content-type": "application/json"}
        event = proxied(
            method, route, path=route, image_id=image, headers=json_body, query=query, body=body or None
        )
        return self.invoke("api_handler", event)

    def uploaded(self, **more: Any) -> str:
        """Upload to a new key."""
        key = f"{FOLDER}/{uuid4()}.jpg"
        self.deployed.s3.put_object(Bucket=SOURCE, Key=key, Body=PHOTO, **more)
        self.keys.append(key)
        return key

    def compressed(self) -> str:
        """Upload to a new key, and compress it in this process: `compress` may lack a permission now."""
        key = self.uploaded()
        assert self.pipeline.reconcile(key) == "compressed"
        return key


def name_of(function: str) -> str:
    return "imagepress-local" if function == "api_handler" else f"imagepress-local-{function}"


def shortened(grant: Grant) -> str:
    return re.sub(
        r"^arn:aws:[a-z0-9]+:[a-z0-9-]*:\d*:(log-group:/aws/lambda/|function:)?", "", grant.resource
    )


# What a function does that needs an action. Each says what the function said, and finds its own state.

Exercise = Callable[[Functions], str]


def new(functions: Functions) -> str:
    return functions.reconcile(functions.uploaded())


def unchanged(functions: Functions) -> str:
    return functions.reconcile(functions.compressed())


def gone(functions: Functions) -> str:
    key = functions.compressed()
    functions.deployed.s3.delete_object(Bucket=SOURCE, Key=key)
    return functions.reconcile(key)


def encrypted(functions: Functions) -> str:
    """With a key of the uploader's, so that ETag and size are known from the listing alone."""
    customer: Any = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "0" * 32}
    return functions.reconcile(functions.uploaded(**customer))


def buried(functions: Functions) -> str:
    """The worker of an image that was compressed once died at the next version."""
    return _bury(functions, functions.compressed(), picture(48, 64, "JPEG"))


def buried_after_its_source(functions: Functions) -> str:
    key = functions.compressed()
    functions.deployed.s3.delete_object(Bucket=SOURCE, Key=key)
    return _bury(functions, key, None)


def _bury(functions: Functions, key: str, data: bytes | None) -> str:
    if data:
        functions.deployed.s3.put_object(Bucket=SOURCE, Key=key, Body=data)
    record = {"s3": {"bucket": {"name": SOURCE}, "object": {"key": quote_plus(key)}}}
    died = {
        "requestContext": {"approximateInvokeCount": 3},
        "requestPayload": {"Records": [record]},
        "responsePayload": {"errorType": "Runtime.ExitError"},
    }
    return functions.invoke("record_failure", died)


def swept(functions: Functions) -> str:
    functions.uploaded()
    return functions.sweep()


def swept_on(functions: Functions) -> str:
    """With too little time, so that a new invocation goes on after the first page."""
    functions.uploaded()
    functions.client.update_function_configuration(FunctionName=name_of("sweep"), Timeout=20)
    return functions.sweep()


def corrected(functions: Functions) -> str:
    """Totals that are one too low, and then one too high."""
    said = ""
    for step in (1, -1):
        totals = functions.deployed.table.get_totals(SOURCE)
        summed = {**totals, "failed": totals["failed"] + step}
        said += functions.invoke(
            "sweep", {"position": {"after_key": LAST, "totals": totals, "summed": summed}}
        )
    return said


def daily(functions: Functions) -> str:
    return functions.invoke("sweep_daily", SCHEDULED)


def route(method: str, path: str, **query: str) -> Exercise:
    return lambda functions: functions.api(method, path, **query)


def route_of_image(method: str, path: str, **query: str) -> Exercise:
    def exercise(functions: Functions) -> str:
        return functions.api(method, path, image=image_id(SOURCE, functions.compressed()), **query)

    return exercise


def fetched(variant: str) -> Exercise:
    """The URL is made in any case: it is S3 that asks what its signer may."""

    def exercise(functions: Functions) -> str:
        image = image_id(SOURCE, functions.compressed())
        said = functions.api("GET", "/images/{image_id}/file", image=image, variant=variant, redirect="false")
        return urllib3.request("GET", body_of(said)["url"]).data.decode(errors="replace")

    return exercise


def sent(functions: Functions) -> str:
    key = functions.uploaded()
    asked = {"key": key, "contentType": "image/jpeg", "replace": True}
    form = body_of(functions.api("POST", "/uploads", body=asked))
    return urllib3.request("POST", form["url"], fields={**form["fields"], "file": ("x", PHOTO)}).data.decode()


def body_of(said: str) -> Any:
    return json.loads(json.JSONDecoder().raw_decode(said)[0]["body"])


EXERCISES: Final[Mapping[tuple[str, str, str], Exercise]] = {
    ("compress", "dynamodb:DeleteItem", f"table/{TABLE}"): gone,
    ("compress", "dynamodb:GetItem", f"table/{TABLE}"): new,
    ("compress", "dynamodb:PutItem", f"table/{TABLE}"): new,
    ("compress", "dynamodb:UpdateItem", f"table/{TABLE}"): new,
    ("compress", "s3:DeleteObject", f"{DESTINATION}/*"): gone,
    ("compress", "s3:GetObject", f"{DESTINATION}/*"): unchanged,
    ("compress", "s3:GetObject", f"{SOURCE}/*"): new,
    ("compress", "s3:ListBucket", SOURCE): encrypted,
    ("compress", "s3:PutObject", f"{DESTINATION}/*"): new,
    ("record_failure", "dynamodb:DeleteItem", f"table/{TABLE}"): buried_after_its_source,
    ("record_failure", "dynamodb:GetItem", f"table/{TABLE}"): buried,
    ("record_failure", "dynamodb:PutItem", f"table/{TABLE}"): buried,
    ("record_failure", "dynamodb:UpdateItem", f"table/{TABLE}"): buried,
    ("record_failure", "s3:DeleteObject", f"{DESTINATION}/*"): buried,
    ("record_failure", "s3:GetObject", f"{DESTINATION}/*"): buried,
    ("record_failure", "s3:ListBucket", SOURCE): buried,
    ("record_failure", "sqs:SendMessage", "imagepress-local-dead-letters"): buried,
    ("sweep", "dynamodb:BatchGetItem", f"table/{TABLE}"): swept,
    ("sweep", "dynamodb:Query", f"table/{TABLE}/index/byKey"): swept,
    ("sweep", "dynamodb:UpdateItem", f"table/{TABLE}"): corrected,
    ("sweep", "lambda:InvokeFunction", "imagepress-local-compress"): swept,
    ("sweep", "s3:ListBucket", DESTINATION): swept,
    ("sweep", "s3:ListBucket", SOURCE): swept,
    ("sweep_daily", "lambda:InvokeFunction", "imagepress-local-sweep"): daily,
    ("api_handler", "dynamodb:BatchGetItem", f"table/{TABLE}"): route("GET", "/stats"),
    ("api_handler", "dynamodb:GetItem", f"table/{TABLE}"): route_of_image("GET", "/images/{image_id}"),
    ("api_handler", "dynamodb:Query", f"table/{TABLE}/index/byKey"): route("GET", "/images", order="name"),
    ("api_handler", "dynamodb:Query", f"table/{TABLE}/index/byKind"): route("GET", "/images", format="png"),
    ("api_handler", "dynamodb:Query", f"table/{TABLE}/index/byTime"): route("GET", "/images"),
    ("api_handler", "lambda:InvokeFunction", "imagepress-local-compress"): route_of_image(
        "POST", "/images/{image_id}/reprocess"
    ),
    ("api_handler", "s3:DeleteObject", f"{SOURCE}/*"): route_of_image("DELETE", "/images/{image_id}"),
    ("api_handler", "s3:GetObject", f"{DESTINATION}/*"): fetched("compressed"),
    ("api_handler", "s3:GetObject", f"{SOURCE}/*"): fetched("original"),
    ("api_handler", "s3:ListBucket", DESTINATION): route("GET", "/health"),
    ("api_handler", "s3:ListBucket", SOURCE): route("GET", "/health"),
    ("api_handler", "s3:PutObject", f"{SOURCE}/*"): sent,
    # Last, since an invocation that goes on should not find its function changed.
    ("sweep", "lambda:InvokeFunction", "imagepress-local-sweep"): swept_on,
}


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
    *((each, "logs:CreateLogStream", f"{name_of(each)}:*") for each in POLICIES),
    *((each, "logs:PutLogEvents", f"{name_of(each)}:*") for each in POLICIES),
}

GRANTS: Final = {
    (policy.function, grant.action, shortened(grant)): grant
    for policy in POLICIES.values()
    for grant in sorted(policy.grants)
}


def without(policy: Policy, grant: Grant) -> str:
    return json.dumps(document(policy.grants - {grant}))


@pytest.fixture(scope="module")
def functions(stack: LocalStack, deployed: Deployed, table: RecordsTable) -> Iterator[Functions]:
    adapters = Services(settings.current(), session=stack.session)
    pipeline = Pipeline(
        adapters.source,
        adapters.compressed,
        adapters.table,
        adapters.settings.options,
        adapters.settings.max_source_bytes,
        adapters.settings.includes,
    )
    client = stack.session.client("lambda", endpoint_url=stack.endpoint)
    functions = Functions(deployed, table, client, pipeline)
    seconds = functions.client.get_function_configuration(FunctionName=name_of("sweep"))["Timeout"]
    configuration = deployed.s3.get_bucket_notification_configuration(Bucket=SOURCE)
    del configuration["ResponseMetadata"]  # type: ignore[misc]
    deployed.s3.put_bucket_notification_configuration(Bucket=SOURCE, NotificationConfiguration={})
    yield functions
    for key in functions.keys:
        deployed.s3.delete_object(Bucket=SOURCE, Key=key)
        functions.reconcile(key)
    functions.client.update_function_configuration(FunctionName=name_of("sweep"), Timeout=seconds)
    deployed.s3.put_bucket_notification_configuration(Bucket=SOURCE, NotificationConfiguration=configuration)  # type: ignore[arg-type]


@pytest.fixture
def lacking(stack: LocalStack) -> Callable[..., Any]:
    """Take an action from a function's role for a while."""
    iam = stack.session.client("iam", endpoint_url=stack.endpoint)

    @contextmanager
    def lacked(policy: Policy, grant: Grant) -> Iterator[None]:
        def put(text: str) -> None:
            iam.put_role_policy(RoleName=policy.role, PolicyName=policy.role, PolicyDocument=text)

        put(without(policy, grant))
        try:
            yield
        finally:
            put(policy.text())

    return lacked


def test_what_is_shown_to_be_needed_is_all_that_is_allowed() -> None:
    shown = {*EXERCISES, *NOT_ASKED, *UNKNOWN_TO_THE_EMULATOR}
    assert GRANTS.keys() - shown == set(), "spare, or its exercise is missing"
    assert shown - GRANTS.keys() == set(), "no longer allowed"


@pytest.mark.parametrize("needed", EXERCISES, ids=" ".join)
def test_without_it_a_function_is_denied_something(
    functions: Functions, lacking: Callable[..., Any], needed: tuple[str, str, str]
) -> None:
    policy, exercise = POLICIES[needed[0]], EXERCISES[needed]

    with lacking(policy, GRANTS[needed]):
        assert DENIED.search(exercise(functions))
    assert not DENIED.search(exercise(functions))


@pytest.mark.parametrize("needed", NOT_ASKED, ids=" ".join)
def test_user_with_the_policy_is_denied_something_without_it(
    stack: LocalStack, needed: tuple[str, str, str]
) -> None:
    policy, attempt = POLICIES[needed[0]], NOT_ASKED[needed]
    iam = stack.session.client("iam", endpoint_url=stack.endpoint)
    user = f"like-{policy.role}-{needed[1].replace(':', '-')}"
    iam.create_user(UserName=user)
    keys = iam.create_access_key(UserName=user)["AccessKey"]
    session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], region_name="us-east-1")

    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=policy.text())
    attempt(session, stack.endpoint)
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=without(policy, GRANTS[needed]))
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
        super().__init__(functions.deployed, functions.table, functions.client, functions.pipeline)
        self.function = ""
        self.seen: set[tuple[str, str, str]] = set()

    def invoke(self, function: str, event: Any) -> str:
        import app  # its settings are in the environment once the stack is up

        self.function = function
        handler = app.app if function == "api_handler" else getattr(app, function)
        short = SimpleNamespace(aws_request_id="1", get_remaining_time_in_millis=lambda: 0)
        return json.dumps(handler(event, short))

    def watch(self, client: Any) -> None:
        """Record every request that a client makes or signs from now on."""
        client.meta.events.register("provide-client-params", self._see)

    def _see(self, params: Any, model: Any, **_: Any) -> None:
        operation, service = model.name, model.service_model.service_name
        if operation == "TransactWriteItems":
            for item in params["TransactItems"]:
                ((kind, of),) = item.items()
                self.seen.add((self.function, f"dynamodb:{kind}Item", f"table/{of['TableName']}"))
            return
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

    by_lambda = {each for each in GRANTS if each[1].startswith(("logs:", "sqs:"))}
    by_lambda.add(("compress", "lambda:InvokeFunction", "imagepress-local-record_failure"))
    assert recorder.seen - by_lambda == GRANTS.keys() - by_lambda
