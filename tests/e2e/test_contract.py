"""chalicelib/api/openapi.json is what the API does: routes one by one, and thousands of requests made from it."""

import json
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from tests.conftest import Deployed
from tests.e2e.conftest import WRITES
from tools.local_stack import LocalStack
from tools.pictures import picture
from tools.server import PROJECT

_SAYING_LESS = {"GET /images", "POST /jobs", "POST /uploads"}
CONTRACT = PROJECT / "chalicelib" / "api" / "openapi.json"


def test_contract_and_app_have_the_same_routes(stack: LocalStack) -> None:
    import app

    described = {
        (path.replace("imageId", "image_id").replace("jobId", "job_id"), method.upper())
        for path, item in json.loads(CONTRACT.read_text())["paths"].items()
        for method in item
        if method != "parameters"
    }
    routes = {(path, method) for path, methods in app.app.routes.items() for method in methods}
    heads = {(path, "HEAD") for path, method in described if method == "GET"}
    assert described | heads == routes


schema = schemathesis.openapi.from_path(CONTRACT)
# Others are answered by the development server itself.
schema.config.phases.coverage.unexpected_methods = {"delete", "get", "options", "patch", "post", "put"}


@pytest.fixture(scope="module")
def identifiers(deployed: Deployed) -> Iterator[str | None]:
    """Ids of images that there are, of one that there is not; and None for what the contract makes up."""
    uploads = (deployed.upload(f"contract/{number}.jpg", picture(64, 48, "JPEG")) for number in range(3))
    return cycle([*(upload["imageId"] for upload in uploads), "00000000-0000-0000-0000-000000000000", None])


@schema.parametrize()
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_one_that_the_contract_names(
    case: "schemathesis.Case[Any]", private: str, identifiers: Iterator[str | None]
) -> None:
    if "imageId" in case.path_parameters and (known := next(identifiers)):
        case.path_parameters["imageId"] = known
    if case.operation.label == "POST /jobs" and isinstance(case.body, dict):
        prefix = case.body.get("prefix")
        if isinstance(prefix, str) and prefix:  # a job may delete what it names
            case.body["prefix"] = f"contract/none/{prefix}"
    excluded: list[Any] = []
    # What no schema says: which parameters go together, which cursors were given, which keys are fit for S3,
    # which entity tag an image has.
    if "If-Match" in (case.headers or {}) or case.operation.label in _SAYING_LESS:
        excluded.append(positive_data_acceptance)
    if [] in (case.query or {}).values():  # a parameter that is made wrong by a list that is not sent
        excluded.append(negative_data_rejection)
    case.call_and_validate(
        base_url=private, headers={"Authorization": f"Bearer {WRITES}"}, excluded_checks=excluded
    )
