"""The views of the REST API. Its contract is openapi.json."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast, get_args
from urllib.parse import urlencode

from chalice.app import Request

from chalicelib import services, settings
from chalicelib.api.listing import LONGEST_PREFIX, CursorError, Filters, Listing, Order
from chalicelib.api.problems import Problem, bad_parameter, quote
from chalicelib.api.representations import URL_SECONDS, files_of, represent, sign_url, sign_urls, srcset
from chalicelib.api.requests import (
    IMAGE_ID,
    Query,
    flag,
    identifiers,
    one_of,
    parse_body,
    text,
    time,
    whole_number,
)
from chalicelib.api.responses import Reply, entity_tag, is_named, to_json, view
from chalicelib.api.uploads import FORM_SECONDS, MEMBERS, parse_upload
from chalicelib.aws.s3 import Overtaken
from chalicelib.records import EXTENSIONS, Record, Status, failed_record, image_id, timestamp

_REVALIDATED: Final = "private, no-cache"
# A browser may go on using a redirect for as long as its URL is valid, and a little less.
_REDIRECT_CACHE = f"private, max-age={URL_SECONDS - 60}"
_MOST_BYTES: Final = 5_500_000
"""Of the records of a page: Lambda refuses responses of more than 6 MB."""
_LISTING = {
    "limit": whole_number(1, 100, default=20),
    "cursor": text(),
    "status": one_of(get_args(Status)),
    "format": one_of(EXTENSIONS),
    "prefix": text(LONGEST_PREFIX),
    "since": time(),
    "until": time(),
    "order": one_of(get_args(Order)),
    "code": text(100),
    "name": text(LONGEST_PREFIX),
    "urls": flag(),
    "key": text(),
    "ids": identifiers(100),
}


@view(_LISTING, cache_control=_REVALIDATED)
def list_images(request: Request, query: Query) -> Reply:
    """`GET /images`: a page of records; with `ids`, those records; with `key`, the record of one source object."""
    given = dict(request.query_params or {})
    for alone in ("key", "ids"):
        if query[alone] is not None:
            _require_alone(alone, query)
    if query["key"] is not None:
        return _one(_record_of_key(query["key"], may_be_pending=False), with_urls=query["urls"])
    if query["ids"] is not None:
        images = [_represent(record, with_urls=query["urls"]) for record in _records(query["ids"])]
        return Reply({"images": images, "nextCursor": None})
    filters = Filters(
        *(query[name] for name in ("status", "format", "prefix", "since", "until", "code", "name"))
    )
    adapters = services.of_api()
    listing = Listing(adapters.table, adapters.settings.source_bucket)
    limit: int = query["limit"]
    while True:
        try:
            page = listing.page(filters, _order(query), limit, query["cursor"])
        except CursorError as error:
            raise bad_parameter("cursor", str(error)) from error
        images = [_represent(record, with_urls=query["urls"]) for record in page.records]
        size = len(json.dumps(json.dumps(images)))  # as Lambda returns it
        if size <= _MOST_BYTES or limit == 1:
            break
        limit = max(1, limit * _MOST_BYTES // size - 1)  # a shorter page, whose cursor goes on from its end
    next_page = urlencode({**given, "cursor": page.cursor}) if page.cursor else None
    link = {"Link": f'<?{next_page}>; rel="next"'} if next_page else {}
    return Reply({"images": images, "nextCursor": page.cursor}, link)


@view({"key": text(), "urls": flag()}, cache_control=_REVALIDATED)
def get_image_by_key(_: Request, query: Query) -> Reply:
    """`GET /images/by-key`: the record of one source object."""
    if query["key"] is None:
        raise bad_parameter("key", "must be the key of a source object; it is missing")
    return _one(_record_of_key(query["key"], may_be_pending=True), with_urls=query["urls"])


@view({"urls": flag()}, cache_control=_REVALIDATED)
def get_image(_: Request, query: Query, identifier: str) -> Reply:
    """`GET /images/{imageId}`: one record."""
    return _one(_record(identifier), with_urls=query["urls"])


@view({"variant": text(), "download": flag(), "redirect": flag(default=True)})
def get_file(_: Request, query: Query, identifier: str) -> Reply:
    """`GET /images/{imageId}/file`: a redirect to a URL that fetches a file for five minutes, or the URL itself."""
    record = _record(identifier)
    variant = query["variant"] or "compressed"
    known = {"compressed", "original"} | {each.name for each in settings.current().renditions}
    if variant not in known | files_of(record).keys():
        raise bad_parameter("variant", f"must be one of {', '.join(sorted(known))}", variant)
    if variant not in files_of(record):
        reason = record["error"]["message"] if "error" in record else "Reprocess the image to make the file."
        raise Problem("no-file", f"Image {identifier} does not have the file {quote(variant)}. {reason}")
    url = sign_url(record, variant, services.of_api(), download=query["download"])
    if query["redirect"]:
        return Reply("", {"Location": url, "Cache-Control": _REDIRECT_CACHE}, 302)
    return Reply({"url": url, "expiresAt": _from_now(URL_SECONDS)})


@view({}, status=201)
def create_upload(request: Request, _: Query) -> Reply:
    """`POST /uploads`: a form that uploads one object to the source bucket, by POST."""
    source = services.of_api().source
    upload = parse_upload(parse_body(request, MEMBERS), settings.current())
    if not upload.replace and source.source_etag(upload.key) is not None:
        raise Problem(
            "already-exists",
            f"key must be new; the object {quote(upload.key)} exists. Choose another key, or set replace to true.",
            parameter="key",
        )
    url, fields = source.sign_upload_form(upload.key, upload.content_type, upload.sizes, FORM_SECONDS)
    identifier = image_id(source.name, upload.key)
    form = {
        "imageId": identifier,
        "key": upload.key,
        "url": url,
        "fields": fields,
        "expiresAt": _from_now(FORM_SECONDS),
    }
    least, most = upload.sizes
    if not upload.replace and least == most:
        put_url, headers = source.sign_new_upload(upload.key, upload.content_type, most, FORM_SECONDS)
        form["put"] = {"url": put_url, "headers": headers}
    return Reply(form, {"Location": f"images/{identifier}"})


@view({}, status=202)
def delete_image(request: Request, _: Query, identifier: str) -> dict[str, str]:
    """`DELETE /images/{imageId}`: delete the source; the compress function then deletes what was made of it."""
    record = _record(identifier)
    is_conditional = _check_precondition(request, record)
    adapters, key = services.of_api(), record["sourceKey"]
    try:
        adapters.source.delete_source(key, if_etag=record["sourceETag"] if is_conditional else None)
    except Overtaken:
        raise Problem("precondition-failed", f"The source of image {identifier} was replaced.") from None
    # S3's event may be late, and S3 sends none where the source was gone already.
    adapters.compress_function.request_compression(key)
    return {"imageId": record["imageId"], "sourceKey": key}


@view({}, status=202)
def reprocess_image(request: Request, _: Query, identifier: str) -> Reply:
    """`POST /images/{imageId}/reprocess`: compress the source again, although nothing has changed."""
    record = _record(identifier)
    _check_precondition(request, record)
    services.of_api().compress_function.request_compression(record["sourceKey"], force=True)
    accepted = {"imageId": record["imageId"], "sourceKey": record["sourceKey"]}
    return Reply(accepted, {"Location": f"../{record['imageId']}"})


def _record(identifier: str) -> Record:
    known = identifier.lower()
    record = services.of_api().table.get_record(known) if IMAGE_ID.fullmatch(known) else None
    if record is None or not _is_current(record):
        raise Problem("no-such-image", f"The image {quote(identifier)} does not exist.")
    return record


def _records(identifiers: list[str]) -> list[Record]:
    """Return the records of some images, in the same order, without those that do not exist."""
    found = services.of_api().table.get_records(identifiers)
    return [found[each] for each in identifiers if each in found and _is_current(found[each])]


def _is_current(record: Record) -> bool:
    # A record of a bucket that the settings no longer name says nothing about the object of that key in today's bucket.
    return record["sourceBucket"] == settings.current().source_bucket


def _record_of_key(key: str, *, may_be_pending: bool) -> Record:
    """Return the record of a source key, or with `may_be_pending`, one for a source that has none yet."""
    adapters = services.of_api()
    bucket = adapters.settings.source_bucket
    record = adapters.table.get_record(image_id(bucket, key))
    if record is not None:
        return record
    found = adapters.source.stat_source(key) if may_be_pending and adapters.settings.includes(key) else None
    if found is None:
        raise Problem("no-such-image", f"No image has the key {quote(key)}.")
    return failed_record(bucket, key, *found, settings_version="")


def _with_state(record: Record) -> Record:
    """Return a record, as `pending` where it is missing or older than its source."""
    adapters, key = services.of_api(), record["sourceKey"]
    if record["settingsVersion"] and adapters.source.source_etag(key) in {None, record["sourceETag"]}:
        return record
    return cast("Record", {**record, "status": "pending"})


def _one(record: Record, *, with_urls: bool) -> Reply:
    """Return the reply of one record. Its entity tag is the same with URLs, which would be stale in a kept reply."""
    record = _with_state(record)
    if not with_urls:
        return Reply(represent(record))
    return Reply(_represent(record, with_urls=True), {"ETag": _tag(record)}, cache_control="")


def _tag(record: Record) -> str:
    return entity_tag(to_json(represent(record)))


def _check_precondition(request: Request, record: Record) -> bool:
    """Refuse a request whose `If-Match` names another state of the image; return whether the request has one."""
    header = request.headers.get("if-match")
    if header is None:
        return False
    etag = _tag(_with_state(record))
    if not is_named(etag, header):
        raise Problem(
            "precondition-failed",
            f"If-Match must name the current ETag of image {record['imageId']}, {etag}; got {quote(header)}",
        )
    return "*" not in header


def _represent(record: Record, *, with_urls: bool) -> dict[str, Any]:
    if not with_urls:
        return represent(record)
    urls = sign_urls(record, services.of_api())
    return {**represent(record), "urls": urls, **srcset(record, urls)}


def _require_alone(name: str, query: Query) -> None:
    """Refuse other parameters beside `key` or `ids`, unless they have their defaults, which some clients send."""
    others = query.keys() - {name, "urls"}
    if given := sorted(each for each in others if query[each] != _LISTING[each].default):
        raise bad_parameter(name, f"must be given without {', '.join(given)}")


def _order(query: Query) -> Order:
    order: Order | None = query["order"]
    if query["prefix"] and query["name"]:
        raise bad_parameter("name", "must be given without prefix", query["name"])
    if query["name"] and order not in {None, "name"}:
        raise bad_parameter("order", "must be name where name is given", order)
    return order or ("name" if query["prefix"] or query["name"] else "newest")


def _from_now(seconds: int) -> str:
    return timestamp(datetime.now(UTC) + timedelta(seconds=seconds))
