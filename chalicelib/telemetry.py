"""The log of the functions: one JSON line a decision, and metrics in the same log (EMF).

CloudWatch makes metrics of the log lines that have `_aws`, so a metric costs no request. Image content, URLs and
credentials are never logged.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from itertools import count
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from chalicelib import startup

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger, Metrics

SERVICE: Final = "imagepress"
"""Namespace of the metrics, and `service` of each line."""

_LOGGED = ("sizeOriginal", "sizeCompressed", "format", "originalFormat")

_invocations = count()


@cache
def logger() -> "Logger":
    """Return the logger; it is imported for the first line, since a cold start may log nothing."""
    from aws_lambda_powertools import Logger

    return Logger(service=SERVICE)


@cache
def metrics() -> "Metrics":
    """Return the metrics of this process, to be flushed once an invocation."""
    from aws_lambda_powertools import Metrics

    return Metrics(namespace=SERVICE, service=SERVICE)


def handler[T](context: Any, work: Callable[[], T]) -> T:
    """Run the work of an invocation; each log line has its request id, and whether it was a cold start.

    Metrics are written at its end, even if it fails. Without metrics nothing is written: Powertools would warn.
    """
    log = logger()
    log.append_keys(request_id=context.aws_request_id, cold_start=next(_invocations) == 0)
    try:
        return work()
    finally:
        startup.end()
        if metrics().metric_set:
            metrics().flush_metrics()


def log_error(what: str, error: Exception, **facts: str) -> None:
    """Log an error that the caller handles later, among others: what failed, and for what."""
    logger().error(what, exc_info=error, extra=facts)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Measure a part of the work: `read`, `compress` or `write`, as milliseconds of that name."""
    started = perf_counter()
    try:
        yield
    finally:
        milliseconds = 1000 * (perf_counter() - started)
        metrics().add_metric(name=f"{name}Milliseconds", unit="Milliseconds", value=milliseconds)


def decision(outcome: str, key: str, image_id: str, facts: Mapping[str, Any]) -> None:
    """Log what was decided about a source key, and count it.

    Args:
        outcome: As `Pipeline.reconcile` returns it.
        key: The source key.
        image_id: Its record's partition key.
        facts: The record, or nothing. Only its sizes, its formats and the code of its error are logged.
    """
    logged = {name: facts[name] for name in _LOGGED if name in facts}
    code = facts["error"]["code"] if "error" in facts else None
    logger().info(outcome, extra={"imageId": image_id, "key": key, "code": code, **logged})
    if outcome == "compressed":
        metrics().add_metric(name="Images", unit="Count", value=1)
        metrics().add_metric(name="BytesIn", unit="Bytes", value=facts["sizeOriginal"])
        metrics().add_metric(name="BytesOut", unit="Bytes", value=facts["sizeCompressed"])
    if outcome == "failed" and code:
        _count_failure(code)


def _count_failure(code: str) -> None:
    from aws_lambda_powertools.metrics import MetricUnit, single_metric

    metrics().add_metric(name="Failures", unit="Count", value=1)
    with single_metric(namespace=SERVICE, name="FailuresByCode", unit=MetricUnit.Count, value=1) as metric:
        metric.add_dimension(name="service", value=SERVICE)
        metric.add_dimension(name="code", value=code)
