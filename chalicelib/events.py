"""The events of S3: which keys they name, and the pipeline that reconciles them."""

import json
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, Final
from urllib.parse import unquote_plus

from chalicelib import services, settings, telemetry, watchdog
from chalicelib.pipeline import Pipeline
from chalicelib.records import Failure

_TIMED_OUT: Final = "The image takes too long. Raise the time-out of the compress function, and reprocess it."


def reconcile_event(event: Mapping[str, Any], milliseconds_left: Callable[[], int]) -> None:
    """Reconcile every key that an S3 event notification names, or one made like it.

    A record with `"force": true` has its key compressed again even if it is up to date. A key that takes too long gets
    a failed record.

    Args:
        event: The event.
        milliseconds_left: Returns how long Lambda lets the worker run.

    Raises:
        ExceptionGroup: Some keys failed; the others are done.
    """
    keys, errors = named_keys(event["Records"])
    for key, force in keys.items():
        try:
            _reconcile(key, milliseconds_left(), force=force)
        except Exception as error:
            telemetry.log_error("could not be reconciled", error, key=key)
            error.add_note(f"while reconciling {key}")
            errors.append(error)
    if errors:
        raise ExceptionGroup("some keys could not be reconciled", errors)


def _reconcile(key: str, milliseconds_left: int, *, force: bool) -> None:
    try:
        with watchdog.limited(milliseconds_left):
            pipeline().reconcile(key, force=force)
    except watchdog.OutOfTime:
        pipeline().record_failure(key, Failure(code="timed-out", message=_TIMED_OUT))


def named_keys(records: Iterable[Mapping[str, Any]]) -> tuple[dict[str, bool], list[Exception]]:
    """Return the keys of the source bucket that records name, each once, and whether to force it; and what names none."""
    bucket = settings.current().source_bucket
    keys: dict[str, bool] = {}
    errors: list[Exception] = []
    for record in records:
        try:
            named, key = record["s3"]["bucket"]["name"], unquote_plus(record["s3"]["object"]["key"])
        except (KeyError, TypeError, AttributeError) as error:
            telemetry.log_error("the event has no object key", error, record=json.dumps(record, default=str))
            errors.append(
                ValueError(f"a record of the event has no object key: {json.dumps(record, default=str)}")
            )
            continue
        if named == bucket:
            keys[key] = keys.get(key, False) or record.get("force") is True
    return keys, errors


@cache
def pipeline() -> Pipeline:
    """Return the pipeline of this process."""
    adapters = services.of_functions()
    now = adapters.settings
    return Pipeline(
        adapters.source,
        adapters.compressed,
        adapters.table,
        now.options,
        now.max_source_bytes,
        now.includes,
    )
