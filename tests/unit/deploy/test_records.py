"""Deployed resources without a record of Chalice are found: they are neither left running nor made twice.

The emulator makes REST APIs without resources, and cannot update one: a substitute for AWS is used here.
"""

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from chalice.config import Config
from chalice.deploy.planner import RemoteState

from tools.chalice_config import StageConfig, read_stage
from tools.deploy import records
from tools.deploy.destroy import destroy
from tools.errors import ToolError
from tools.server import PROJECT

REGION, ACCOUNT = "us-east-1", "111111111111"
RECORDED = {"name": "api_handler", "lambda_arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:imagepress-dev"}


class NotFoundError(Exception): ...


def aws(functions: Sequence[str] = (), apis: Mapping[str, str] | None = None) -> Mock:
    """A session, and each of its clients: functions by name, REST APIs by the function that each invokes."""
    known, made = apis or {}, Mock(region_name=REGION)
    made.client.return_value = made
    made.exceptions.ResourceNotFoundException = NotFoundError
    made.get_caller_identity.return_value = {"Account": ACCOUNT, "Arn": "arn:aws:iam::111111111111:user/me"}

    def get_function_configuration(**asked: str) -> None:
        if asked["FunctionName"] not in functions:
            raise NotFoundError

    def get_rest_apis() -> list[Any]:
        return [{"items": [{"id": api, "name": "imagepress"}]} for api in known]

    def get_resources(**asked: Any) -> list[Any]:
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{known[asked['restApiId']]}"
        uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations"
        root = {"path": "/", "resourceMethods": {"GET": {"methodIntegration": {"uri": uri}}, "HEAD": {}}}
        return [{"items": [{"path": "/without-methods"}, root]}]

    pages = {"get_rest_apis": get_rest_apis, "get_resources": get_resources}
    made.get_function_configuration.side_effect = get_function_configuration
    made.get_paginator.side_effect = lambda operation: SimpleNamespace(paginate=pages[operation])
    return made


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(PROJECT / ".chalice", tmp_path / ".chalice", ignore=shutil.ignore_patterns("deploy*"))
    return tmp_path


def dev(project: Path) -> StageConfig:
    return read_stage(project, "dev")


def record(project: Path, *resources: Mapping[str, str]) -> Path:
    path = project / ".chalice" / "deployed" / "dev.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"resources": resources}))
    return path


@pytest.mark.parametrize("recorded", [[], [RECORDED]])
def test_nothing_is_destroyed_while_a_function_runs_that_no_record_names(
    project: Path, recorded: Sequence[Mapping[str, str]]
) -> None:
    if recorded:
        record(project, *recorded)
    running = aws(["imagepress-dev", "imagepress-dev-compress", "imagepress-prod-sweep"])
    with pytest.raises(ToolError, match=r"Nothing was deleted.*make deploy STAGE=dev") as refusal:
        destroy(project, running, "dev")
    message = str(refusal.value)
    assert "the function imagepress-dev-compress" in message
    assert ("the function imagepress-dev," in message) != bool(recorded)
    assert "sweep" not in message


def test_nothing_is_destroyed_while_the_api_has_no_record(project: Path) -> None:
    with pytest.raises(ToolError, match="the REST API abc"):
        destroy(project, aws(apis={"abc": "imagepress-dev"}), "dev")


def test_recorded_and_deleted_resources_do_not_prevent_a_destroy(project: Path) -> None:
    stage = dev(project)
    records.require_complete(project, aws(), stage)
    record(project, *({"name": name} for name in [*stage.functions, "rest_api"]))
    everything = aws(
        [stage.function_name(function) for function in stage.functions], {"abc": "imagepress-dev"}
    )
    records.require_complete(project, everything, stage)


def test_an_api_of_another_stage_is_not_taken(project: Path) -> None:
    found = aws(apis={"theirs": "imagepress-prod", "ours": "imagepress-dev"})
    assert records.find_unrecorded_api(project, found, dev(project)) == "ours"


def test_several_apis_are_refused(project: Path) -> None:
    found = aws(apis={"a": "imagepress-dev", "b": "imagepress-dev"})
    with pytest.raises(ToolError, match="REST APIs a, b"):
        records.find_unrecorded_api(project, found, dev(project))


def test_a_recorded_api_is_added_to_the_record(project: Path) -> None:
    record(project, RECORDED)
    records.record_api(project, "dev", "abc", REGION)
    found = records.read_deployed(project, "dev")
    assert found["api_handler"] == RECORDED
    assert (found["rest_api"]["rest_api_id"], found["rest_api"]["resource_type"]) == ("abc", "rest_api")


def test_chalice_updates_a_recorded_api(project: Path) -> None:
    records.record_api(project, "dev", "abc", REGION)
    recorded = Config(user_provided_params={"project_dir": str(project)}).deployed_resources("dev")
    client: Any = SimpleNamespace(get_rest_api=lambda api: {"id": api})
    api: Any = SimpleNamespace(resource_type="rest_api", resource_name="rest_api")
    state = RemoteState(client, recorded)
    assert state.resource_deployed_values(api)["rest_api_id"] == "abc"
    assert state._resource_exists_restapi(api)


def test_make_clean_keeps_the_record(project: Path) -> None:
    kept = record(project, RECORDED)
    (project / "build").mkdir()
    (project / ".chalice" / "deployments").mkdir()
    shutil.copy(PROJECT / "Makefile", project)
    subprocess.run(["make", "clean"], cwd=project, check=True, capture_output=True)
    assert kept.is_file()
    assert not (project / "build").exists()
    assert not (project / ".chalice" / "deployments").exists()
