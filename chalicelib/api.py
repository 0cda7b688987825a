"""The REST API: requests in, representations out. Its contract is openapi.json."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlencode

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError
from chalice.app import Request, Response

from chalicelib import parameters, services, settings, telemetry
from chalicelib.answers import as_json, tagged
from chalicelib.listing import LONGEST_PREFIX, CursorError, Filters, Listing, Order
from chalicelib.metadata import EXTENSIONS, Record, Status, image_id, timestamp
from chalicelib.problems import Problem, bad_parameter
from chalicelib.representations import URL_SECONDS, files, shown, url_of, urls
from chalicelib.uploads import FORM_SECONDS, requested

# A browser may go on using a redirect for as long as its URL is good, and a little less.
_REDIRECT_CACHE = f"private, max-age={URL_SECONDS - 60}"
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LISTING_PARAMETERS = {
    "limit", "cursor", "status", "format", "prefix", "since", "until", "order", "urls", "key"
}  # fmt: skip
_THROTTLED = re.compile(r"Throttl|ProvisionedThroughputExceeded|RequestLimitExceeded|TooManyRequests")


def answering[**P](view: Callable[P, Response]) -> Callable[P, Response]:
    """Turn what AWS refuses for the moment, after the SDK's own attempts, into an answer that says so."""

    @wraps(view)
    def answered(*args: P.args, **kwargs: P.kwargs) -> Response:
        try:
            return view(*args, **kwargs)
        except (ClientError, NoConnectionError, HTTPClientError) as error:
            if isinstance(error, ClientError) and not _will_pass(error):
                raise
            telemetry.logger().warning("AWS is busy", exc_info=True)
            raise Problem(
                "unavailable", "AWS is busy; try again in a few seconds.", headers={"Retry-After": "3"}
            ) from error

    return answered


@answering
def list_images(request: Request) -> Response:
    """Answer `GET /images`: a page of records; or with `key`, the record of one source object."""
    query = parameters.query(request, _LISTING_PARAMETERS)
    with_urls = parameters.flag("urls", query.get("urls", "false"))
    if "key" in query:
        if query.keys() - {"key", "urls"}:
            raise bad_parameter("key", "goes with no other parameter than urls")
        return _one(request, _of_key(query["key"]), with_urls=with_urls)
    limit = parameters.whole_number("limit", query.get("limit", "20"), 1, 100)
    filters = Filters(
        status=parameters.one_of("status", query.get("status"), get_args(Status)),
        format=parameters.one_of("format", query.get("format"), EXTENSIONS),
        prefix=_prefix(query.get("prefix")),
        since=parameters.moment("since", query.get("since")),
        until=parameters.moment("until", query.get("until")),
    )
    order = _order(parameters.one_of("order", query.get("order"), get_args(Order)), filters.prefix)
    try:
        adapters = services.of_api()
        listing = Listing(adapters.table, adapters.settings.source_bucket)
        page = listing.page(filters, order, limit, query.get("cursor"))
    except CursorError as error:
        raise bad_parameter("cursor", str(error)) from error
    following = urlencode({**query, "cursor": page.cursor}) if page.cursor else None
    link = {"Link": f'<?{following}>; rel="next"'} if following else {}
    images = [_shown(record, with_urls=with_urls) for record in page.records]
    return as_json({"images": images, "nextCursor": page.cursor}, headers=link)


@answering
def get_image(request: Request, identifier: str) -> Response:
    """Answer `GET /images/{imageId}`."""
    query = parameters.query(request, {"urls"})
    return _one(request, _found(identifier), with_urls=parameters.flag("urls", query.get("urls", "false")))


@answering
def get_file(request: Request, identifier: str) -> Response:
    """Answer `GET /images/{imageId}/file`: 302 to a URL that fetches a file for five minutes, or the URL itself."""
    query = parameters.query(request, {"variant", "download", "redirect"})
    download = parameters.flag("download", query.get("download", "false"))
    redirect = parameters.flag("redirect", query.get("redirect", "true"))
    record = _found(identifier)
    variant = query.get("variant", "compressed")
    allowed = {"compressed", "original"} | {name for name, _ in settings.current().renditions}
    if variant not in allowed | files(record).keys():
        raise bad_parameter("variant", f"{parameters.shown(variant)} is none of {', '.join(sorted(allowed))}")
    if variant not in files(record):
        reason = "its record says why" if "error" in record else "reprocess it, to have it made"
        raise Problem("no-file", f"Image {identifier} has no file {variant!r}: {reason}.")
    url = url_of(record, variant, services.of_api(), download=download)
    if redirect:
        return Response("", {"Location": url, "Cache-Control": _REDIRECT_CACHE}, 302)
    return as_json({"url": url, "expiresAt": _from_now(URL_SECONDS)})


@answering
def create_upload(request: Request) -> Response:
    """Answer `POST /uploads`: a form that uploads one object to the source bucket, by POST."""
    parameters.query(request, ())
    now = settings.current()
    upload = requested(parameters.members(request, {"key", "contentType", "size", "replace"}), now)
    if not upload.replace and services.of_api().source.source_etag(upload.key) is not None:
        raise Problem(
            "already-exists",
            f"key: there is an object {parameters.shown(upload.key)}; choose another key, "
            "or say `replace`: true to upload over it.",
            parameter="key",
        )
    url, fields = services.of_api().source.sign_upload_form(
        upload.key, upload.content_type, upload.sizes, FORM_SECONDS
    )
    return as_json(
        {
            "imageId": image_id(now.source_bucket, upload.key),
            "key": upload.key,
            "url": url,
            "fields": fields,
            "expiresAt": _from_now(FORM_SECONDS),
        },
        201,
    )


@answering
def delete_image(request: Request, identifier: str) -> Response:
    """Answer `DELETE /images/{imageId}`: the source goes now, compressed image and record by the event of that."""
    parameters.query(request, ())
    record = _found(identifier)
    key = record["sourceKey"]
    adapters = services.of_api()
    if adapters.source.source_etag(key) is None:  # deleting it would then cause no event
        adapters.compress_function.request_compression(key)
    else:
        adapters.source.delete_source(key)
    return as_json({"imageId": identifier, "sourceKey": key}, 202)


@answering
def reprocess_image(request: Request, identifier: str) -> Response:
    """Answer `POST /images/{imageId}/reprocess`: the source is compressed again, though nothing has changed."""
    parameters.query(request, ())
    key = _found(identifier)["sourceKey"]
    services.of_api().compress_function.request_compression(key, force=True)
    return as_json({"imageId": identifier, "sourceKey": key}, 202)


@answering
def get_stats(request: Request) -> Response:
    """Answer `GET /stats`: sums over all images."""
    parameters.query(request, ())
    totals = services.of_api().table.get_totals(settings.current().source_bucket)
    return as_json(
        {
            "images": totals["compressed"],
            "failures": totals["failed"],
            "bytesBefore": totals["bytesBefore"],
            "bytesAfter": totals["bytesAfter"],
            "bytesSaved": totals["bytesBefore"] - totals["bytesAfter"],
        }
    )


def health(request: Request) -> Response:
    """Answer `GET /health`: 200 if the table and both buckets can be reached, else 503."""
    parameters.query(request, ())
    adapters = services.of_api()
    checks = {"table": [adapters.table.check_table]}
    checks["buckets"] = [adapters.source.check_source_bucket, adapters.compressed.check_compressed_bucket]
    states = {name: _state(several) for name, several in checks.items()}
    healthy = all(state == "ok" for state in states.values())
    return as_json({"status": "ok" if healthy else "unavailable", **states}, 200 if healthy else 503)


def contract(request: Request) -> Response:
    """Answer `GET /openapi.json`."""
    parameters.query(request, ())
    text = (Path(__file__).parent / "openapi.json").read_text()
    return tagged(request, text, "application/json", "public, max-age=300")


def _one(request: Request, record: Record, *, with_urls: bool) -> Response:
    if with_urls:  # which are others each time
        return as_json(_shown(record, with_urls=True))
    text = as_json(shown(record)).body
    return tagged(request, text, "application/json", "private, no-cache")


def _found(identifier: str) -> Record:
    record = services.of_api().table.get_record(identifier) if _ID.fullmatch(identifier) else None
    # One of a bucket that the settings no longer name says nothing of the object of that key in today's.
    if record is None or record["sourceBucket"] != settings.current().source_bucket:
        raise Problem("no-such-image", f"There is no image {parameters.shown(identifier)}.")
    return record


def _of_key(key: str) -> Record:
    record = services.of_api().table.get_record(image_id(settings.current().source_bucket, key))
    if record is None:
        raise Problem("no-such-image", f"There is no image of the key {parameters.shown(key)}.")
    return record


def _shown(record: Record, *, with_urls: bool) -> dict[str, Any]:
    return {**shown(record), "urls": urls(record, services.of_api())} if with_urls else shown(record)


def _prefix(value: str | None) -> str | None:
    if value is not None and len(value.encode()) > LONGEST_PREFIX:
        raise bad_parameter("prefix", f"is longer than {LONGEST_PREFIX} bytes")
    return value


def _order(order: Order | None, prefix: str | None) -> Order:
    if prefix and order in {"newest", "oldest"}:
        raise bad_parameter("order", "images with a prefix are listed by name alone")
    return "name" if prefix else order or "newest"


def _from_now(seconds: int) -> str:
    return timestamp(datetime.now(UTC) + timedelta(seconds=seconds))


def _state(checks: list[Callable[[], None]]) -> str:
    try:
        for check in checks:
            check()
    except ClientError as error:
        return f"unavailable: {error.response['Error']['Code']}"
    except BotoCoreError as error:
        return f"unavailable: {type(error).__name__}"
    return "ok"


def _will_pass(error: ClientError) -> bool:
    code = error.response["Error"]["Code"]
    status = error.response["ResponseMetadata"].get("HTTPStatusCode", 0)
    return status >= 500 or bool(_THROTTLED.search(code))
