"""What Chalice records of a stage in .chalice/deployed once all of it is deployed, and what runs without such a record.

The record is missing on another machine, and for what a deploy made before it failed. Chalice knows functions and roles
by their names, but a REST API by its record alone.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from tools.deploy.config import Stage, loaded
from tools.deploy.errors import DeployError

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_lambda import LambdaClient


def deployed(project: Path, stage: str) -> dict[str, dict[str, Any]]:
    """Return what Chalice deployed last, by name: empty if nothing was."""
    path = _path(project, stage)
    return {resource["name"]: resource for resource in loaded(path)["resources"]} if path.is_file() else {}


def forget(project: Path, stage: str) -> None:
    """Remove the record of a stage that is gone."""
    _path(project, stage).unlink(missing_ok=True)


def require_complete(project: Path, session: boto3.Session, stage: Stage) -> None:
    """Refuse to go on where `chalice delete`, which deletes what is recorded, would leave something running.

    Raises:
        DeployError: A function or the REST API of the stage exists without a record.
    """
    recorded = deployed(project, stage.name)
    client = session.client("lambda")
    names = [stage.function_name(function) for function in stage.functions if function not in recorded]
    running = [f"the function {name}" for name in names if _exists(client, name)]
    if api := unrecorded_api(project, session, stage):
        running.append(f"the REST API {api}")
    if running:
        raise DeployError(
            f".chalice/deployed/{stage.name}.json lacks {', '.join(running)}, so that Chalice would not delete "
            "what is deployed. Nothing was deleted. Copy the file, and .chalice/config.json, from where the stage was "
            f"deployed, or run `make deploy STAGE={stage.name}`, which records it all anew; then run this again."
        )


def unrecorded_api(project: Path, session: boto3.Session, stage: Stage) -> str | None:
    """Return the id of the stage's REST API if it exists and is not recorded.

    Raises:
        DeployError: There are several, of which none can be told to be the one in use.
    """
    if "rest_api" in deployed(project, stage.name):
        return None
    client = session.client("apigateway")
    pages = client.get_paginator("get_rest_apis").paginate()
    ours = [
        api["id"]
        for page in pages
        for api in page["items"]
        if api["name"] == stage.app and _invokes(client, api["id"], stage.function_name("api_handler"))
    ]
    if len(ours) > 1:
        raise DeployError(
            f"The REST APIs {', '.join(ours)} all belong to the stage {stage.name}, and "
            f".chalice/deployed/{stage.name}.json names none. Copy that file from where the stage was deployed; or "
            "delete those that nobody calls in the console of API Gateway, and run this again."
        )
    return ours[0] if ours else None


def record_api(project: Path, stage: str, api: str, url: str) -> None:
    """Record a REST API as Chalice does, for Chalice to update it instead of making another."""
    path = _path(project, stage)
    path.parent.mkdir(exist_ok=True)
    resource = {"name": "rest_api", "resource_type": "rest_api", "rest_api_id": api, "rest_api_url": url}
    resources = [*deployed(project, stage).values(), resource]
    path.write_text(json.dumps({"resources": resources, "schema_version": "2.0", "backend": "api"}, indent=2))


def _path(project: Path, stage: str) -> Path:
    return project / ".chalice" / "deployed" / f"{stage}.json"


def _exists(client: "LambdaClient", function: str) -> bool:
    try:
        client.get_function_configuration(FunctionName=function)
    except client.exceptions.ResourceNotFoundException:
        return False
    return True


def _invokes(client: "APIGatewayClient", api: str, function: str) -> bool:
    """Return whether a REST API hands a request to a function; its name is the app's, whatever the stage."""
    pages = client.get_paginator("get_resources").paginate(restApiId=api, embed=["methods"])
    methods = [
        method
        for page in pages
        for resource in page["items"]
        for method in resource.get("resourceMethods", {}).values()
    ]
    uris = [method.get("methodIntegration", {}).get("uri", "") for method in methods]
    return any(uri.endswith(f":function:{function}/invocations") for uri in uris)
