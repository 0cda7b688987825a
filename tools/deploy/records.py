"""Chalice's record of a stage in .chalice/deployed, and deployed resources that it lacks.

Chalice writes the record when a deploy is complete. It is missing after a failed first deploy and on another machine.
Chalice finds functions and roles by their names, but a REST API only by the record.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from tools.chalice_config import StageConfig, read_json
from tools.errors import ToolError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


def record_path(project: Path, stage: str) -> Path:
    """Return the path of a stage's record."""
    return project / ".chalice" / "deployed" / f"{stage}.json"


def read_deployed(project: Path, stage: str) -> dict[str, dict[str, Any]]:
    """Return the resources that Chalice deployed last, by name: empty if there is no record."""
    path = record_path(project, stage)
    return {each["name"]: each for each in read_json(path)["resources"]} if path.is_file() else {}


def require_complete(project: Path, session: boto3.Session, stage: StageConfig) -> None:
    """Refuse to continue where `chalice delete`, which deletes what is recorded, would leave something running.

    Raises:
        ToolError: A function or the REST API of the stage exists without a record.
    """
    recorded = read_deployed(project, stage.name)
    client = session.client("lambda")
    names = [stage.function_name(function) for function in stage.functions if function not in recorded]
    running = [f"the function {name}" for name in names if _exists(client, name)]
    if api := find_unrecorded_api(project, session, stage):
        running.append(f"the REST API {api}")
    if running:
        raise ToolError(
            f".chalice/deployed/{stage.name}.json lacks {', '.join(running)}, so Chalice would not delete "
            "everything. Nothing was deleted. Copy the file and .chalice/config.json from the machine that deployed "
            f"the stage, or run `make deploy STAGE={stage.name}` to record it again. Then run this again."
        )


def find_unrecorded_api(project: Path, session: boto3.Session, stage: StageConfig) -> str | None:
    """Return the id of the stage's REST API if it exists and is not recorded.

    Raises:
        ToolError: Several REST APIs invoke the stage's function.
    """
    if "rest_api" in read_deployed(project, stage.name):
        return None
    client = session.client("apigateway")
    integration = f":function:{stage.function_name('api_handler')}/invocations"
    found = []
    for page in client.get_paginator("get_rest_apis").paginate():
        for api in page["items"]:
            if (
                api["name"] == stage.app
            ):  # whatever the stage: the function that it invokes makes the difference
                pages = client.get_paginator("get_resources").paginate(restApiId=api["id"], embed=["methods"])
                found += [api["id"]] * (f'{integration}"' in json.dumps(list(pages), default=str))
    if len(found) > 1:
        raise ToolError(
            f"The REST APIs {', '.join(found)} all belong to the stage {stage.name}, and "
            f".chalice/deployed/{stage.name}.json names none. Copy that file from the machine that deployed the stage, "
            "or delete the unused REST APIs in the console of API Gateway. Then run this again."
        )
    return found[0] if found else None


def record_api(project: Path, stage: str, api: str, region: str) -> None:
    """Record a REST API as Chalice does, so that Chalice updates it instead of making another."""
    url = f"https://{api}.execute-api.{region}.amazonaws.com/api/"
    resource = {"name": "rest_api", "resource_type": "rest_api", "rest_api_id": api, "rest_api_url": url}
    resources = [*read_deployed(project, stage).values(), resource]
    path = record_path(project, stage)
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"resources": resources, "schema_version": "2.0", "backend": "api"}, indent=2))


def _exists(client: "LambdaClient", function: str) -> bool:
    try:
        client.get_function_configuration(FunctionName=function)
    except client.exceptions.ResourceNotFoundException:
        return False
    return True
