"""What the functions tell of their work: one JSON line a decision, and metrics in the same log (EMF).

CloudWatch makes metrics of the log lines that carry `_aws`, so that telling them costs no request. Nothing of an image's
content, no URL and no credential is ever passed here.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger, Metrics

SERVICE: Final = "imagepress"
"""Namespace of the metrics, and `service` of each line."""


_TOLD = ("sizeOriginal", "sizeCompressed", "format", "originalFormat")


@cache
def logger() -> "Logger":
    """Return the logger; it is imported at the first line, since a cold start may have nothing to tell."""
    from aws_lambda_powertools import Logger

    return Logger(service=SERVICE)


@cache
def metrics() -> "Metrics":
    """Return the metrics of this process, to be flushed once an invocation."""
    from aws_lambda_powertools import Metrics

    return Metrics(namespace=SERVICE, service=SERVICE)


def handler[T](context: Any, work: Callable[[], T]) -> T:
    """Run an invocation's work with its request id and whether it was a cold start on every line.

    Metrics are written at its end, also if it fails: if there are any, since Powertools warns in plain text of none.
    """
    log = logger()
    log.append_keys(request_id=context.aws_request_id, cold_start=_is_cold())
    try:
        return work()
    finally:
        if metrics().metric_set:
            metrics().flush_metrics()


def trouble(what: str, error: Exception, **facts: str) -> None:
    """Log an error that is answered or raised later, among others: what could not be done, to what."""
    logger().error(what, exc_info=error, extra=facts)


class CloudWatch:
    """Tells CloudWatch what a pipeline does."""

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure a part of the work: `read`, `compress` or `write`, as milliseconds of that name."""
        began = perf_counter()
        try:
            yield
        finally:
            milliseconds = 1000 * (perf_counter() - began)
            metrics().add_metric(name=f"{name}Milliseconds", unit="Milliseconds", value=milliseconds)

    def decision(self, outcome: str, key: str, image_id: str, facts: Mapping[str, Any]) -> None:
        """Tell what was decided about a source key, and count it.

        Args:
            outcome: As `Pipeline.reconcile` returns it.
            key: The source key.
            image_id: Its record's partition key.
            facts: The record, or nothing: of it only sizes, formats and the error's code are told.
        """
        told = {name: facts[name] for name in _TOLD if name in facts}
        code = facts["error"]["code"] if "error" in facts else None
        logger().info(outcome, extra={"imageId": image_id, "key": key, "code": code, **told})
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


_invocations = 0


def _is_cold() -> bool:
    global _invocations
    _invocations += 1
    return _invocations == 1
