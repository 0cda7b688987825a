"""What a deployed function does that needs an action on a resource, for each action that its policy allows."""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import uuid4

import urllib3
from mypy_boto3_lambda import LambdaClient

from chalicelib import events
from chalicelib.aws.ranges import LAST
from chalicelib.records import image_id
from tests.conftest import DESTINATION, SOURCE, TABLE, Deployed
from tests.fixtures.events import SCHEDULED, given_up, notification, proxied
from tools.pictures import picture

PHOTO = picture(64, 48, "JPEG")
FOLDER = "~policies"  # after all that other tests upload, so that a sweep can begin just before


class Functions:
    """The deployed functions, invoked directly: the source bucket sends no notifications meanwhile."""

    def __init__(self, deployed: Deployed, client: LambdaClient) -> None:
        self.deployed = deployed
        self.client = client
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
        return self.invoke("compress", notification(key))

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
        assert events.pipeline().reconcile(key) == "compressed"
        return key


def name_of(function: str) -> str:
    return "imagepress-local" if function == "api_handler" else f"imagepress-local-{function}"


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
    died = given_up(notification(key), {"errorType": "Runtime.ExitError"})
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
        counted = {"format": {"": {**totals, "failed": totals["failed"] + step}}}
        position = {"after_key": LAST, "totals": totals, "counted": counted}
        said += functions.invoke("sweep", {"position": position})
    return said


def deleted_by_a_job(functions: Functions) -> str:
    job = {"id": "1", "action": "delete", "created": "2100-01-01T00:00:00Z", "prefix": functions.compressed()}
    return functions.invoke("sweep", {"job": job})


def asked_for_a_job(functions: Functions) -> str:
    return functions.api("POST", "/jobs", body={"action": "reprocess", "prefix": functions.compressed()})


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
    ("record_failure", "lambda:InvokeFunction", "imagepress-local-compress"): buried,
    ("record_failure", "s3:DeleteObject", f"{DESTINATION}/*"): buried,
    ("record_failure", "s3:GetObject", f"{DESTINATION}/*"): buried,
    ("record_failure", "s3:ListBucket", SOURCE): buried,
    ("record_failure", "sqs:SendMessage", "imagepress-local-dead-letters"): buried,
    ("sweep", "dynamodb:BatchGetItem", f"table/{TABLE}"): swept,
    ("sweep", "dynamodb:Query", f"table/{TABLE}/index/byKey"): swept,
    ("sweep", "dynamodb:UpdateItem", f"table/{TABLE}"): corrected,
    ("sweep", "lambda:InvokeFunction", "imagepress-local-compress"): swept,
    ("sweep", "s3:DeleteObject", f"{SOURCE}/*"): deleted_by_a_job,
    ("sweep", "s3:ListBucket", DESTINATION): swept,
    ("sweep", "s3:ListBucket", SOURCE): swept,
    ("sweep_daily", "lambda:InvokeFunction", "imagepress-local-sweep"): daily,
    ("api_handler", "dynamodb:BatchGetItem", f"table/{TABLE}"): route("GET", "/stats"),
    ("api_handler", "dynamodb:GetItem", f"table/{TABLE}"): route_of_image("GET", "/images/{image_id}"),
    ("api_handler", "dynamodb:Query", f"table/{TABLE}/index/byKey"): route("GET", "/images", order="name"),
    ("api_handler", "dynamodb:Query", f"table/{TABLE}/index/byKind"): route("GET", "/images", format="png"),
    ("api_handler", "dynamodb:Query", f"table/{TABLE}/index/byName"): route("GET", "/images", name="a"),
    ("api_handler", "dynamodb:Query", f"table/{TABLE}/index/byTime"): route("GET", "/images"),
    ("api_handler", "lambda:InvokeFunction", "imagepress-local-compress"): route_of_image(
        "POST", "/images/{image_id}/reprocess"
    ),
    ("api_handler", "dynamodb:UpdateItem", f"table/{TABLE}"): asked_for_a_job,
    ("api_handler", "lambda:InvokeFunction", "imagepress-local-sweep"): asked_for_a_job,
    ("api_handler", "s3:DeleteObject", f"{SOURCE}/*"): route_of_image("DELETE", "/images/{image_id}"),
    ("api_handler", "s3:GetObject", f"{DESTINATION}/*"): fetched("compressed"),
    ("api_handler", "s3:GetObject", f"{SOURCE}/*"): fetched("original"),
    ("api_handler", "s3:ListBucket", DESTINATION): route("GET", "/health"),
    ("api_handler", "s3:ListBucket", SOURCE): route("GET", "/health"),
    ("api_handler", "s3:PutObject", f"{SOURCE}/*"): sent,
    # Last, since an invocation that goes on should not find its function changed.
    ("sweep", "lambda:InvokeFunction", "imagepress-local-sweep"): swept_on,
}
