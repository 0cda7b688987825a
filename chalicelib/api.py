"""The REST API: parameters in, representations out."""

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from functools import cache, wraps
from typing import Any, cast, get_args

from botocore.exceptions import BotoCoreError, ClientError
from chalice.app import Response

from chalicelib import aws, settings
from chalicelib.catalog import Catalog, list_key
from chalicelib.metadata import Record, Status, image_id
from chalicelib.storage import Buckets

Parameters = Mapping[str, str] | None

_URL_SECONDS = 300
_LIST_KEY = re.compile(r"[0-9TZ:.-]{27}#[0-9a-f-]{36}")
_HEADERS = {
    "Content-Type": "application/json",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


class ApiError(Exception):
    """An answer that is no success: an HTTP status, a code for programs, a message for people."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def answering[**P](view: Callable[P, Response]) -> Callable[P, Response]:
    """Turn an `ApiError` that a view raises into its JSON answer."""

    @wraps(view)
    def answered(*args: P.args, **kwargs: P.kwargs) -> Response:
        try:
            return view(*args, **kwargs)
        except ApiError as error:
            return _json({"code": error.code, "message": str(error)}, error.status)

    return answered


@answering
def list_images(parameters: Parameters) -> Response:
    """Answer `GET /images`: a page of records, newest first; or with `key`, the record of one source object."""
    query = _known(parameters, {"key", "limit", "cursor", "status"})
    if "key" in query:
        if len(query) > 1:
            raise ApiError(400, "bad-parameter", "key: goes with no other parameter")
        return _json(_found(image_id(settings.current().source_bucket, query["key"])))
    limit = _limit(query.get("limit", "20"))
    records = _catalog().page(limit, _list_key(query.get("cursor")), _status(query.get("status")))
    following = _cursor(records[-1]) if len(records) == limit else None
    return _json({"images": [_representation(record) for record in records], "nextCursor": following})


@answering
def get_image(identifier: str) -> Response:
    """Answer `GET /images/{imageId}`."""
    return _json(_found(identifier))


@answering
def get_file(identifier: str, parameters: Parameters) -> Response:
    """Answer `GET /images/{imageId}/file`: 302 to a URL that fetches the object for five minutes."""
    variant = _known(parameters, {"variant"}).get("variant", "compressed")
    if variant not in {"compressed", "original"}:
        raise ApiError(400, "bad-parameter", f"variant: {variant!r} is neither 'compressed' nor 'original'")
    record = _found(identifier)
    if variant == "original":
        bucket, key = record["sourceBucket"], record["sourceKey"]
    elif "destKey" in record:
        bucket, key = record["destBucket"], record["destKey"]
    else:
        raise ApiError(404, "no-file", f"Image {identifier} could not be compressed; its record says why.")
    url = _buckets().presigned_url(bucket, key, _URL_SECONDS)
    return Response("", {**_HEADERS, "Location": url}, 302)


@answering
def health() -> Response:
    """Answer `GET /health`: 200 if the table and both buckets can be reached, else 503."""
    checks = {"table": _catalog().check, "buckets": _buckets().check}
    states = {name: _state(check) for name, check in checks.items()}
    healthy = all(state == "ok" for state in states.values())
    return _json({"status": "ok" if healthy else "unavailable", **states}, 200 if healthy else 503)


def _state(check: Callable[[], None]) -> str:
    try:
        check()
    except (ClientError, BotoCoreError) as error:
        return f"unavailable: {type(error).__name__}"
    return "ok"


@cache
def _catalog() -> Catalog:
    return Catalog(aws.dynamodb_client(), settings.current().table_name)


@cache
def _buckets() -> Buckets:
    return Buckets(aws.s3_client(), settings.current().source_bucket, settings.current().dest_bucket)


def _json(body: Mapping[str, Any] | Record, status: int = 200) -> Response:
    return Response(json.dumps(body, ensure_ascii=False), dict(_HEADERS), status)


def _found(identifier: str) -> Record:
    record = _catalog().get(identifier)
    if record is None:
        raise ApiError(404, "no-such-image", f"There is no image {identifier}.")
    return _representation(record)


def _representation(record: Record) -> Record:
    return cast("Record", {name: value for name, value in record.items() if name != "revision"})


def _known(parameters: Parameters, names: set[str]) -> Mapping[str, str]:
    given = parameters or {}
    for name in given:
        if name not in names:
            raise ApiError(
                400, "unknown-parameter", f"{name}: there is no such parameter, only {sorted(names)}"
            )
    return given


def _limit(value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,3}", value) or not 1 <= int(value) <= 100:
        raise ApiError(400, "bad-parameter", f"limit: {value!r} is no whole number from 1 to 100")
    return int(value)


def _status(value: str | None) -> Status | None:
    if value is not None and value not in get_args(Status):
        raise ApiError(400, "bad-parameter", f"status: {value!r} is none of {', '.join(get_args(Status))}")
    return cast("Status | None", value)


def _cursor(record: Record) -> str:
    return base64.urlsafe_b64encode(list_key(record).encode()).decode()


def _list_key(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    try:
        key = base64.b64decode(cursor, altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        key = ""
    if not _LIST_KEY.fullmatch(key):
        raise ApiError(400, "bad-parameter", "cursor: is none that this API gave")
    return key
