"""Every entry point of imagepress: what triggers it, and where its work is done.

Each function imports what it needs when it is called, so that the API starts without the imaging
and the imaging without the API.
"""

from typing import Any

from chalice.app import Chalice, CloudWatchEvent, Rate, Request, Response, S3Event

from chalicelib import settings

app = Chalice(app_name="imagepress", configure_logs=False)  # telemetry's logger has its name


@app.on_s3_event(
    bucket=settings.current().source_bucket,
    events=["s3:ObjectCreated:*", "s3:ObjectRemoved:*"],
)
def compress(event: S3Event) -> None:
    """Reconcile every key that the event names."""
    from chalicelib import pipeline, telemetry

    telemetry.handler(event.context, lambda: pipeline.reconcile_event(event.to_dict()))


@app.lambda_function()
def compress_batch(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Reconcile the keys of S3 Batch Operations' tasks."""
    from chalicelib import batch, telemetry

    return telemetry.handler(context, lambda: batch.handle(event))


@app.lambda_function()
def sweep(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Find what no event will put right, and have it reconciled."""
    from chalicelib import sweep as sweeping
    from chalicelib import telemetry

    return telemetry.handler(context, lambda: sweeping.handle(event, context))


@app.schedule(Rate(1, unit=Rate.DAYS))
def sweep_daily(_: CloudWatchEvent) -> None:
    """Begin a sweep; `sweep` itself takes events that say where to go on, which a schedule's do not."""
    from chalicelib import sweep as sweeping

    sweeping.begin(settings.current().compress_function.replace("-compress", "-sweep"))


@app.route("/images")
def list_images() -> Response:
    """List records, newest first, or find one by its source key."""
    from chalicelib import api

    return api.list_images(_request().query_params)


@app.route("/images/{image_id}")
def get_image(image_id: str) -> Response:
    """Return one record."""
    from chalicelib import api

    return api.get_image(image_id)


@app.route("/images/{image_id}/file")
def get_file(image_id: str) -> Response:
    """Redirect to the compressed image or its original."""
    from chalicelib import api

    return api.get_file(image_id, _request().query_params)


@app.route("/health")
def health() -> Response:
    """Tell whether the table and the buckets can be reached."""
    from chalicelib import api

    return api.health()


def _request() -> Request:
    request = app.current_request
    assert request is not None, "a route runs within a request"
    return request
