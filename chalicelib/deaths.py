"""What Lambda gave up on: an image that ended its worker each time gets a record with the reason.

Lambda calls `record_failure` when an event of `compress` has failed in every attempt. An error of AWS leaves nothing to
record: the event waits in the dead-letter queue. A worker that died left no record, so that the record is written here.
It has the source's ETag, so the image is not tried again until its source or the settings change, or someone asks.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from chalicelib import events, services, telemetry
from chalicelib.aws.records_table import Conflict
from chalicelib.aws.s3 import Overtaken
from chalicelib.records import Failure

_DEATHS: Final = {"Runtime.ExitError", "Runtime.OutOfMemory", "Sandbox.Timedout"}
_TIMED_OUT: Final = "Task timed out"
_ADVICE: Final = "Raise the memory or the time-out of the compress function, and reprocess the image."


def handle(event: Mapping[str, Any]) -> None:
    """Record a death, if the worker died, and keep the event in the dead-letter queue.

    Args:
        event: The invocation record that Lambda sends to a destination.
    """
    adapters = services.of_functions()
    if is_death(event):
        failure = _failure_of(event)
        keys, _ = events.named_keys(event["requestPayload"]["Records"])
        for key in keys:
            telemetry.logger().error("the worker died", extra={"key": key, "code": failure["code"]})
            with suppress(Conflict, Overtaken):  # another worker knows more
                events.pipeline().record_failure(key, failure)
            # Its objects may have been deleted here before its record was found.
            adapters.compress_function.request_compression(key)
    adapters.dead_letters.keep_event(event)


def is_death(event: Mapping[str, Any]) -> bool:
    """Return whether an invocation record is of a worker that died, not of one that reported an error."""
    response = event.get("responsePayload") or {}
    return response.get("errorType") in _DEATHS or _TIMED_OUT in str(response.get("errorMessage", ""))


def _failure_of(event: Mapping[str, Any]) -> Failure:
    is_late = _TIMED_OUT in str(event["responsePayload"].get("errorMessage", ""))
    attempts = event["requestContext"].get("approximateInvokeCount", 1)
    what = "did not finish in time" if is_late else "died, probably because its memory was full"
    return Failure(
        code="timed-out" if is_late else "worker-died",
        message=f"The worker {what}, in each of {attempts} attempts. {_ADVICE}",
    )
