"""Every entry point of imagepress: what triggers it, and where its work is done.

Each function imports what it needs when it is called, so that the API starts without the imaging
and the imaging without the API.
"""

from collections.abc import Callable
from typing import Any

from chalice.app import Chalice, CloudWatchEvent, Rate, Request, Response, S3Event

from chalicelib import settings, startup
from chalicelib.api import auth

startup.begin()

AUTHORIZER = auth.make_authorizer()

app = Chalice(app_name="imagepress", configure_logs=False)  # the logger of telemetry has the same name


@app.on_s3_event(
    bucket=settings.current().source_bucket,
    events=[
        "s3:ObjectCreated:*",
        "s3:ObjectRemoved:*",
        "s3:LifecycleExpiration:*",
        "s3:ObjectRestore:Completed",
    ],
)
def compress(event: S3Event) -> None:
    """Reconcile every key that the event names."""
    from chalicelib import events, telemetry

    context: Any = event.context
    left = context.get_remaining_time_in_millis
    telemetry.handler(context, lambda: events.reconcile_event(event.to_dict(), left))


@app.lambda_function()
def record_failure(event: dict[str, Any], context: Any) -> None:
    """Record why an image could not be compressed when its workers died, and keep the event."""
    from chalicelib import deaths, telemetry

    telemetry.handler(context, lambda: deaths.handle(event))


@app.lambda_function()
def sweep(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Find what no event will repair, and have it reconciled; or do a bulk job, at the same pace."""
    from chalicelib import jobs, telemetry
    from chalicelib import sweep as sweeping

    work = jobs.handle if "job" in event else sweeping.handle
    return telemetry.handler(context, lambda: work(event, context))


@app.schedule(Rate(1, unit=Rate.DAYS))
def sweep_daily(_: CloudWatchEvent) -> None:
    """Start a sweep; `sweep` itself takes events with a position, which a schedule's do not have."""
    from chalicelib import services

    services.of_functions().sweep_function.start_sweep({})


@app.middleware("http")
def respond(request: Request, get_response: Callable[[Request], Response]) -> Response:
    """Check the caller, turn problems into details, and add the headers of every response."""
    from chalicelib.api import responses

    return responses.complete(request, get_response)


@app.route("/")
def get_page() -> Response:
    """Show the gallery."""
    from chalicelib.api import page

    return page.get_page(_request())


@app.route("/web/{version}/{name}")
def get_asset(version: str, name: str) -> Response:
    """Return a file of the gallery."""
    from chalicelib.api import page

    return page.get_asset(_request(), version, name)


@app.route("/images", authorizer=AUTHORIZER)
def list_images() -> Response:
    """List records, or find one by its source key."""
    from chalicelib.api import views

    return views.list_images(_request())


@app.route("/images/by-key", authorizer=AUTHORIZER)
def get_image_by_key() -> Response:
    """Return the record of a source key."""
    from chalicelib.api import views

    return views.get_image_by_key(_request())


@app.route("/images/{image_id}", authorizer=AUTHORIZER)
def get_image(image_id: str) -> Response:
    """Return one record."""
    from chalicelib.api import views

    return views.get_image(_request(), image_id)


@app.route("/images/{image_id}", methods=["DELETE"], authorizer=AUTHORIZER)
def delete_image(image_id: str) -> Response:
    """Delete an image's source; its event deletes the rest."""
    from chalicelib.api import views

    return views.delete_image(_request(), image_id)


@app.route("/images/{image_id}/file", authorizer=AUTHORIZER)
def get_file(image_id: str) -> Response:
    """Redirect to the compressed image, its original or a rendition."""
    from chalicelib.api import views

    return views.get_file(_request(), image_id)


@app.route("/images/{image_id}/reprocess", methods=["POST"], authorizer=AUTHORIZER)
def reprocess_image(image_id: str) -> Response:
    """Compress an image again."""
    from chalicelib.api import views

    return views.reprocess_image(_request(), image_id)


@app.route("/jobs", methods=["POST"], authorizer=AUTHORIZER)
def create_job() -> Response:
    """Delete or reprocess many images."""
    from chalicelib.api import bulk

    return bulk.create_job(_request())


@app.route("/jobs/{job_id}", authorizer=AUTHORIZER)
def get_job(job_id: str) -> Response:
    """Return how far a job is."""
    from chalicelib.api import bulk

    return bulk.get_job(_request(), job_id)


@app.route("/uploads", methods=["POST"], authorizer=AUTHORIZER)
def create_upload() -> Response:
    """Sign a form that uploads one object."""
    from chalicelib.api import views

    return views.create_upload(_request())


@app.route("/stats", authorizer=AUTHORIZER)
def get_stats() -> Response:
    """Return sums over all images."""
    from chalicelib.api import service

    return service.get_stats(_request())


@app.route("/health", authorizer=AUTHORIZER)
def get_health() -> Response:
    """Check that the table and the buckets can be reached."""
    from chalicelib.api import service

    return service.get_health(_request())


@app.route("/openapi.json")
def get_contract() -> Response:
    """Return the contract of the API."""
    from chalicelib.api import service

    return service.get_contract(_request())


def preflight(**_: str) -> Response:
    """Answer a browser that asks whether another site's page may call: `respond` does."""
    return Response("")


for path, methods in list(app.routes.items()):
    if read := methods.get("GET"):
        app.route(path, methods=["HEAD"], name=f"head {path}", authorizer=read.authorizer)(read.view_function)
    if settings.current().api_cors_origins:
        app.route(path, methods=["OPTIONS"], name=f"preflight {path}")(preflight)
    for entry in methods.values():
        entry.content_types = []  # clients send any type, also without a body; `parse_body` checks the type of a body


def _request() -> Request:
    request = app.current_request
    assert request is not None, "a route runs within a request"
    return request
