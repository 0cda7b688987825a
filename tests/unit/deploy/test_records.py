"""What runs without Chalice's record of it is found, and neither left running nor made a second time.

The emulator makes REST APIs without resources, and cannot update one: AWS is played here.
"""

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from chalice.config import Config
from chalice.deploy.planner import RemoteState

from tools.deploy import config, records
from tools.deploy.destroy import destroy
from tools.deploy.errors import DeployError
from tools.server import PROJECT

REGION, ACCOUNT = "us-east-1", "111111111111"
RECORDED = {"name": "api_handler", "lambda_arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:imagepress-dev"}


class NotFoundError(Exception): ...


class Aws:
    """A session, and each of its clients: functions by name, REST APIs by the function that each invokes.

    It answers what is asked before a deploy or a destroy changes anything, and nothing else.
    """

    region_name = REGION
    exceptions = SimpleNamespace(ResourceNotFoundException=NotFoundError)

    def __init__(self, functions: Sequence[str] = (), apis: Mapping[str, str] | None = None) -> None:
        self._functions = functions
        self._apis = apis or {}

    def client(self, _: str) -> "Aws":
        return self

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": ACCOUNT, "Arn": "arn:aws:iam::111111111111:user/me"}

    def get_function_configuration(self, **asked: str) -> None:
        if asked["FunctionName"] not in self._functions:
            raise NotFoundError

    def get_paginator(self, operation: str) -> Any:
        pages = {"get_rest_apis": self._rest_apis, "get_resources": self._resources}
        return SimpleNamespace(paginate=pages[operation])

    def _rest_apis(self) -> list[Any]:
        return [{"items": [{"id": api, "name": "imagepress"}]} for api in self._apis]

    def _resources(self, **asked: Any) -> list[Any]:
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self._apis[asked['restApiId']]}"
        uri = f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations"
        root = {"path": "/", "resourceMethods": {"GET": {"methodIntegration": {"uri": uri}}, "HEAD": {}}}
        return [{"items": [{"path": "/without-methods"}, root]}]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(PROJECT / ".chalice", tmp_path / ".chalice", ignore=shutil.ignore_patterns("deploy*"))
    return tmp_path


def dev(project: Path) -> config.Stage:
    return config.read(project / ".chalice" / "config.json", "dev")


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
    aws: Any = Aws(["imagepress-dev", "imagepress-dev-compress", "imagepress-prod-sweep"])
    with pytest.raises(DeployError, match=r"Nothing was deleted.*make deploy STAGE=dev") as refusal:
        destroy(project, aws, "dev")
    told = str(refusal.value)
    assert "the function imagepress-dev-compress" in told
    assert ("the function imagepress-dev," in told) != bool(recorded)
    assert "sweep" not in told


def test_nothing_is_destroyed_while_the_api_has_no_record(project: Path) -> None:
    aws: Any = Aws(apis={"abc": "imagepress-dev"})
    with pytest.raises(DeployError, match="the REST API abc"):
        destroy(project, aws, "dev")


def test_what_is_recorded_or_gone_stands_in_no_way(project: Path) -> None:
    stage = dev(project)
    nothing: Any = Aws()
    records.require_complete(project, nothing, stage)
    record(project, *({"name": name} for name in [*stage.functions, "rest_api"]))
    everything: Any = Aws(
        [stage.function_name(function) for function in stage.functions], {"abc": "imagepress-dev"}
    )
    records.require_complete(project, everything, stage)


def test_an_api_of_another_stage_is_not_taken_for_this_one_s(project: Path) -> None:
    aws: Any = Aws(apis={"theirs": "imagepress-prod", "ours": "imagepress-dev"})
    assert records.unrecorded_api(project, aws, dev(project)) == "ours"


def test_of_several_apis_none_is_chosen(project: Path) -> None:
    aws: Any = Aws(apis={"a": "imagepress-dev", "b": "imagepress-dev"})
    with pytest.raises(DeployError, match="REST APIs a, b"):
        records.unrecorded_api(project, aws, dev(project))


def test_a_recorded_api_stands_beside_what_was_recorded_before(project: Path) -> None:
    record(project, RECORDED)
    records.record_api(project, "dev", "abc", "https://abc.example/api/")
    found = records.deployed(project, "dev")
    assert found["api_handler"] == RECORDED
    assert (found["rest_api"]["rest_api_id"], found["rest_api"]["resource_type"]) == ("abc", "rest_api")


def test_chalice_takes_a_recorded_api_for_the_one_to_update(project: Path) -> None:
    records.record_api(project, "dev", "abc", "https://abc.example/api/")
    recorded = Config(user_provided_params={"project_dir": str(project)}).deployed_resources("dev")
    client: Any = SimpleNamespace(get_rest_api=lambda api: {"id": api})
    api: Any = SimpleNamespace(resource_type="rest_api", resource_name="rest_api")
    state = RemoteState(client, recorded)
    assert state.resource_deployed_values(api)["rest_api_id"] == "abc"
    assert state._resource_exists_restapi(api)


def test_make_clean_keeps_the_record_of_what_is_on_aws(project: Path) -> None:
    kept = record(project, RECORDED)
    (project / "build").mkdir()
    (project / ".chalice" / "deployments").mkdir()
    shutil.copy(PROJECT / "Makefile", project)
    subprocess.run(["make", "clean"], cwd=project, check=True, capture_output=True)
    assert kept.is_file()
    assert not (project / "build").exists()
    assert not (project / ".chalice" / "deployments").exists()
