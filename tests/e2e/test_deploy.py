"""`make deploy`, `make token` and `make destroy` of the stage dev, from nothing to nothing, on the emulator."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.fixtures.events import proxied
from tools.deploy import permissions
from tools.deploy.template import parsed
from tools.local_stack import emulated_aws, free_port
from tools.server import PROJECT

RESERVED = 7
NOT_COPIED = shutil.ignore_patterns(".*", "build", "bench", "__pycache__", "tests")


@dataclass(frozen=True)
class Checkout:
    """A copy of the project, with an empty AWS account of its own.

    Attributes:
        folder: Where it is.
        shipped: The text of config.json before anything is deployed.
        environment: Of every command.
        session: Makes clients of the account.
        calls: What any command has called.
    """

    folder: Path
    shipped: str
    environment: Mapping[str, str]
    session: boto3.Session
    calls: set[permissions.Call]

    def run(self, module: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        environment = {**self.environment, "POLL_SECONDS": "0.2", "STAGE": "dev", **variables}
        return subprocess.run(
            [sys.executable, "-m", module],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def deploy(self, **variables: str) -> "subprocess.CompletedProcess[str]":
        return self.run("tools.deploy", **({"PARAMETERS": "RequireTls=no"} | variables))

    def client(self, service: str) -> Any:
        return self.session.client(service, endpoint_url=self.environment["AWS_ENDPOINT_URL"])  # type: ignore[call-overload]

    def variables(self) -> dict[str, str]:
        config = json.loads((self.folder / ".chalice" / "config.json").read_text())
        found: dict[str, str] = config["stages"]["dev"]["environment_variables"]
        return found


@contextmanager
def recorded_calls() -> Iterator[tuple[dict[str, str], set[permissions.Call]]]:
    """Collect what botocore's client-side monitoring tells of every call, from whatever process."""
    calls: set[permissions.Call] = set()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))

        def collect() -> None:
            while data := receiver.recv(65_536):
                event = json.loads(data)
                if event["Type"] == "ApiCall":
                    calls.add(permissions.call(event))

        thread = threading.Thread(target=collect, daemon=True)
        thread.start()
        host, port = receiver.getsockname()
        yield {"AWS_CSM_ENABLED": "true", "AWS_CSM_HOST": host, "AWS_CSM_PORT": str(port)}, calls
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"", (host, port))
        thread.join(10)


def checkout(folder: Path, environment: Mapping[str, str], calls: set[permissions.Call]) -> Checkout:
    shutil.copytree(PROJECT, folder, ignore=NOT_COPIED, dirs_exist_ok=True)
    chalice = shutil.ignore_patterns("deployed", "deployments")
    shutil.copytree(PROJECT / ".chalice", folder / ".chalice", ignore=chalice, dirs_exist_ok=True)
    session = boto3.Session("test", "test", region_name="us-east-1")
    return Checkout(folder, reserve(folder / ".chalice" / "config.json"), environment, session, calls)


def reserve(path: Path) -> str:
    """Reserve concurrency for compress of the stage dev, as its owner would, and return the file's text."""
    config = json.loads(path.read_text())
    config["stages"]["dev"]["lambda_functions"]["compress"]["reserved_concurrency"] = RESERVED
    path.write_text(json.dumps(config, indent=2))
    return path.read_text()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    with emulated_aws(free_port()) as (_, environment, _), recorded_calls() as (recording, calls):
        yield checkout(tmp_path_factory.mktemp("project"), {**environment, **recording}, calls)


@pytest.fixture(scope="module")
def dry(empty: Checkout) -> "subprocess.CompletedProcess[str]":
    """A dry run of the first deploy: it comes before the deploy, on the same account."""
    return empty.deploy(DRY_RUN="1")


@pytest.fixture(scope="module")
def first(empty: Checkout, dry: "subprocess.CompletedProcess[str]") -> "subprocess.CompletedProcess[str]":
    assert (empty.folder / ".chalice" / "config.json").read_text() == empty.shipped, "the dry run wrote"
    assert empty.client("cloudformation").describe_stacks()["Stacks"] == [], "the dry run created"
    result = empty.deploy()
    assert result.returncode == 0, result.stdout + result.stderr
    return result


def tokens(shown: str) -> dict[str, str]:
    return dict(re.findall(r"^ +(read|write) +(\S{43})$", shown, re.MULTILINE))


def digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def test_a_dry_run_says_what_would_be_made(dry: "subprocess.CompletedProcess[str]") -> None:
    assert dry.returncode == 0, dry.stdout + dry.stderr
    for change in ("+ SourceBucket (AWS::S3::Bucket)", "create imagepress-dev-compress", "a new write token"):
        assert change in dry.stdout
    assert dry.stdout.rstrip().endswith("Nothing was changed.")


def test_each_resource_is_shown_as_it_is_created(first: "subprocess.CompletedProcess[str]") -> None:
    for resource in ("SourceBucket", "DestBucket", "Table"):
        assert re.search(rf"create complete +{resource} ", first.stdout)


def test_the_stack_s_outputs_become_the_stage_s_environment(
    empty: Checkout, first: "subprocess.CompletedProcess[str]"
) -> None:
    (stack,) = empty.client("cloudformation").describe_stacks(StackName="imagepress-dev")["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    variables = empty.variables()
    assert variables["SOURCE_BUCKET"] == outputs["SourceBucket"]
    assert variables["DEST_BUCKET"] == outputs["DestBucket"]
    assert variables["TABLE_NAME"] == outputs["Table"]


def test_only_the_stage_s_environment_changes_in_config_json(
    empty: Checkout, first: "subprocess.CompletedProcess[str]"
) -> None:
    def without(text: str) -> str:
        config = json.loads(text)
        del config["stages"]["dev"]["environment_variables"]
        return json.dumps(config)

    assert without((empty.folder / ".chalice" / "config.json").read_text()) == without(empty.shipped)


def test_tokens_are_shown_once_and_only_their_digests_are_kept(
    empty: Checkout, first: "subprocess.CompletedProcess[str]"
) -> None:
    shown = tokens(first.stdout)
    assert set(shown) == {"read", "write"}
    assert empty.variables()["API_READ_TOKEN_SHA256"] == digest(shown["read"])
    assert empty.variables()["API_WRITE_TOKEN_SHA256"] == digest(shown["write"])
    kept = "".join(
        path.read_text(errors="replace")
        for path in (empty.folder / ".chalice").rglob("*")
        if path.is_file() and path.suffix != ".zip"
    )
    for token in shown.values():
        assert first.stdout.count(token) == 1
        assert token not in kept


def test_each_function_has_a_log_that_is_kept_for_thirty_days(
    empty: Checkout, first: "subprocess.CompletedProcess[str]"
) -> None:
    groups = empty.client("logs").describe_log_groups()["logGroups"]
    kept = {group["logGroupName"] for group in groups if group.get("retentionInDays") == 30}
    functions = empty.client("lambda").list_functions()["Functions"]
    assert kept == {f"/aws/lambda/{function['FunctionName']}" for function in functions}


def test_what_each_function_will_be_allowed_is_shown_before(
    empty: Checkout, dry: "subprocess.CompletedProcess[str]", first: "subprocess.CompletedProcess[str]"
) -> None:
    assert "+ imagepress-dev-sweep: s3:ListBucket on arn:aws:s3:::made-by-the-stack" in dry.stdout
    source = empty.variables()["SOURCE_BUCKET"]
    assert f"+ imagepress-dev-sweep: s3:ListBucket on arn:aws:s3:::{source}" in first.stdout


def test_each_role_has_the_policy_that_the_code_needs(
    empty: Checkout, first: "subprocess.CompletedProcess[str]"
) -> None:
    written = sorted((empty.folder / ".chalice").glob("policy-dev-*.json"))
    functions = json.loads((empty.folder / ".chalice" / "config.json").read_text())["stages"]["dev"]
    for function, settings in functions["lambda_functions"].items():
        role = f"imagepress-dev-{function}"
        deployed = empty.client("iam").get_role_policy(RoleName=role, PolicyName=role)["PolicyDocument"]
        path = empty.folder / ".chalice" / settings["iam_policy_file"]
        assert deployed == json.loads(path.read_text())
        assert empty.variables()["SOURCE_BUCKET"] in path.read_text() or function == "sweep_daily"
        written.remove(path)
    assert written == []


def test_what_someone_else_changed_in_a_role_is_shown(
    empty: Checkout, first: "subprocess.CompletedProcess[str]"
) -> None:
    role = "imagepress-dev-sweep_daily"
    iam = empty.client("iam")
    before = iam.get_role_policy(RoleName=role, PolicyName=role)["PolicyDocument"]
    wider = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    changed = json.dumps({**before, "Statement": [before["Statement"][0], wider]})
    iam.put_role_policy(RoleName=role, PolicyName=role, PolicyDocument=changed)
    try:
        shown = empty.deploy(DRY_RUN="1").stdout
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=role, PolicyDocument=json.dumps(before))
    assert f"- {role}: s3:* on *" in shown
    assert f"+ {role}: " in shown


def test_an_upload_to_the_deployed_stage_is_compressed(
    empty: Checkout, first: "subprocess.CompletedProcess[str]"
) -> None:
    from tools.pictures import picture

    variables = empty.variables()
    s3 = empty.client("s3")
    s3.put_object(Bucket=variables["SOURCE_BUCKET"], Key="a.jpg", Body=picture(1200, 900, "JPEG"))
    s3.get_waiter("object_exists").wait(
        Bucket=variables["DEST_BUCKET"],
        Key="resized-a.jpg",
        WaiterConfig={"Delay": 1, "MaxAttempts": 60},
    )


def called(empty: Checkout, path: str, token: str | None) -> tuple[int, Any]:
    """Call a GET route of the deployed API, as API Gateway does: return status and body."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    event = proxied("GET", path, headers=headers)
    answer = empty.client("lambda").invoke(FunctionName="imagepress-dev", Payload=json.dumps(event).encode())
    response = json.loads(answer["Payload"].read())
    return response["statusCode"], json.loads(response["body"])


def test_the_deployed_api_answers_the_tokens_that_were_shown_and_no_other(
    empty: Checkout, first: "subprocess.CompletedProcess[str]"
) -> None:
    assert called(empty, "/images", tokens(first.stdout)["read"])[0] == 200
    assert called(empty, "/images", tokens(first.stdout)["write"])[0] == 200
    assert called(empty, "/images", digest(tokens(first.stdout)["read"]))[0] == 401
    assert called(empty, "/images", None)[0] == 401


def test_s3_may_invoke_for_this_bucket_of_this_account_alone(
    empty: Checkout, first: "subprocess.CompletedProcess[str]"
) -> None:
    policy = json.loads(empty.client("lambda").get_policy(FunctionName="imagepress-dev-compress")["Policy"])
    (statement,) = policy["Statement"]
    assert statement["Principal"] == {"Service": "s3.amazonaws.com"}
    assert statement["Condition"] == {
        "ArnLike": {"AWS:SourceArn": f"arn:aws:s3:::{empty.variables()['SOURCE_BUCKET']}"},
        "StringEquals": {"AWS:SourceAccount": "000000000000"},
    }


@pytest.mark.parametrize("function", ["compress", "sweep", "sweep_daily"])
def test_a_failed_event_is_tried_three_times_within_six_hours_and_then_kept(
    empty: Checkout, first: "subprocess.CompletedProcess[str]", function: str
) -> None:
    client = empty.client("lambda")
    config = client.get_function_event_invoke_config(FunctionName=f"imagepress-dev-{function}")
    assert (config["MaximumRetryAttempts"], config["MaximumEventAgeInSeconds"]) == (2, 21_600)
    queue = empty.variables()["DEAD_LETTER_QUEUE_ARN"]
    assert config["DestinationConfig"]["OnFailure"] == {"Destination": queue}


def test_a_reserved_concurrency_bounds_the_function_that_it_is_set_for(
    empty: Checkout, first: "subprocess.CompletedProcess[str]"
) -> None:
    def reserved(function: str) -> int | None:
        answer = empty.client("lambda").get_function_concurrency(FunctionName=f"imagepress-dev-{function}")
        found: int | None = answer.get("ReservedConcurrentExecutions")
        return found

    assert (reserved("compress"), reserved("sweep")) == (RESERVED, None)


def test_the_api_s_requests_are_limited(empty: Checkout, first: "subprocess.CompletedProcess[str]") -> None:
    deployed = json.loads((empty.folder / ".chalice" / "deployed" / "dev.json").read_text())
    (api,) = [each["rest_api_id"] for each in deployed["resources"] if each["name"] == "rest_api"]
    settings = empty.client("apigateway").get_stage(restApiId=api, stageName="api")["methodSettings"]["*/*"]
    assert (settings["throttlingRateLimit"], settings["throttlingBurstLimit"]) == (50, 100)


def test_long_answers_of_the_api_are_compressed(
    empty: Checkout, first: "subprocess.CompletedProcess[str]"
) -> None:
    (api,) = empty.client("apigateway").get_rest_apis()["items"]
    assert api["minimumCompressionSize"] == 1024


def test_pages_of_the_api_and_no_others_may_upload(
    empty: Checkout, first: "subprocess.CompletedProcess[str]"
) -> None:
    deployed = json.loads((empty.folder / ".chalice" / "deployed" / "dev.json").read_text())
    (url,) = [each["rest_api_url"] for each in deployed["resources"] if each["name"] == "rest_api"]
    (rule,) = empty.client("s3").get_bucket_cors(Bucket=empty.variables()["SOURCE_BUCKET"])["CORSRules"]
    assert rule["AllowedOrigins"] == [url.removesuffix("/api/").removesuffix("/api")]
    assert rule["AllowedMethods"] == ["POST"]


def test_what_api_gateway_answers_itself_has_the_headers_of_the_app_s_answers(
    empty: Checkout, first: "subprocess.CompletedProcess[str]"
) -> None:
    client = empty.client("apigateway")
    (api,) = client.get_rest_apis()["items"]
    set_by_us = {
        each["responseType"]: each["responseParameters"]
        for each in client.get_gateway_responses(restApiId=api["id"])["items"]
        if not each["defaultResponse"]
    }
    for answer in ("DEFAULT_4XX", "DEFAULT_5XX"):
        assert set_by_us[answer]["gatewayresponse.header.X-Content-Type-Options"] == "'nosniff'"
        assert "gatewayresponse.header.Access-Control-Allow-Origin" not in set_by_us[answer]
    deployments = client.get_deployments(restApiId=api["id"])["items"]
    assert len(deployments) == 2, "Chalice's, and another that puts the headers in force"


def test_a_dry_run_after_a_deploy_finds_nothing_to_change(
    empty: Checkout, first: "subprocess.CompletedProcess[str]"
) -> None:
    again = empty.deploy(DRY_RUN="1")
    changes = re.findall(r"^  [+~<-] .*", again.stdout, re.MULTILINE)
    assert (again.returncode, changes) == (0, []), again.stdout + again.stderr
    left = empty.client("cloudformation").list_change_sets(StackName="imagepress-dev")["Summaries"]
    assert not [each for each in left if each["ExecutionStatus"] == "AVAILABLE"]


def test_a_new_token_is_in_force_at_once_and_the_other_stays(
    empty: Checkout, first: "subprocess.CompletedProcess[str]"
) -> None:
    result = empty.run("tools.deploy.rotate", ROLE="write")
    (new,) = tokens(result.stdout).values()
    function = empty.client("lambda").get_function_configuration(FunctionName="imagepress-dev")
    in_force = function["Environment"]["Variables"]
    assert in_force["API_WRITE_TOKEN_SHA256"] == digest(new) == empty.variables()["API_WRITE_TOKEN_SHA256"]
    assert in_force["API_READ_TOKEN_SHA256"] == digest(tokens(first.stdout)["read"])
    assert called(empty, "/stats", new)[0] == 200
    assert called(empty, "/stats", tokens(first.stdout)["write"])[0] == 401
    assert in_force["SOURCE_BUCKET"] == empty.variables()["SOURCE_BUCKET"]


def test_a_step_that_fails_is_named_with_its_reason_and_how_to_go_on(
    empty: Checkout, first: "subprocess.CompletedProcess[str]"
) -> None:
    template = empty.folder / ".chalice" / "infrastructure.yaml"
    before = template.read_text()
    template.write_text(before.replace("Parameters:", "Parameters:\n  Owner: {Type: String}", 1))
    try:
        result = empty.deploy()
    finally:
        template.write_text(before)
    assert result.returncode == 1
    assert result.stderr.startswith("Step 2 (Buckets, table")
    assert "Owner" in result.stderr
    assert "`make deploy STAGE=dev` goes on" in result.stderr


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ("RequireTls=perhaps", "The parameter RequireTls is 'perhaps', but must be yes or no."),
        ("RequireTLS=no", "The stack has no parameter 'RequireTLS'; it has AlarmTopic, AppName, "),
        ("UploadOrigins=https://a.example", "UploadOrigins cannot be given in PARAMETERS"),
        (
            "SourceBucketName=a.b.c",
            "The settings of dev in .chalice/config.json: SOURCE_BUCKET must be the name of an S3 bucket",
        ),
    ],
)
def test_parameters_that_the_stack_does_not_take_are_refused_before_anything_is_changed(
    empty: Checkout, parameters: str, told: str
) -> None:
    result = empty.deploy(PARAMETERS=parameters, DRY_RUN="1")
    assert result.returncode == 1
    assert result.stderr.startswith(told)
    assert "[2/" not in result.stdout


def test_a_setting_that_the_app_would_refuse_is_refused_before_anything_is_changed(empty: Checkout) -> None:
    path = empty.folder / ".chalice" / "config.json"
    before = path.read_text()
    path.write_text(before.replace('"API_AUTH": "token"', '"API_AUTH": "tokn"'))
    try:
        result = empty.deploy(DRY_RUN="1")
    finally:
        path.write_text(before)
    assert result.returncode == 1
    assert "API_AUTH must be token, iam, none or cognito:" in result.stderr
    assert "got 'tokn'" in result.stderr
    assert "[2/" not in result.stdout


def test_code_that_cannot_be_followed_is_refused_before_anything_is_changed(
    empty: Checkout, first: "subprocess.CompletedProcess[str]"
) -> None:
    code = empty.folder / "chalicelib" / "sweep.py"
    before = code.read_text()
    code.write_text(before + "\n\nHIDDEN = getattr(replace, 'x', None)\n")
    try:
        result = empty.deploy()
    finally:
        code.write_text(before)
    assert result.returncode == 1
    assert re.search(r"chalicelib/sweep\.py:[0-9]+: getattr can hide a call of AWS", result.stderr)
    assert "[2/" not in result.stdout


def test_nothing_is_destroyed_while_chalice_has_no_record_of_what_runs(
    empty: Checkout, first: "subprocess.CompletedProcess[str]"
) -> None:
    record = empty.folder / ".chalice" / "deployed" / "dev.json"
    before = record.read_text()
    functions = empty.client("lambda").list_functions()["Functions"]
    record.unlink()
    try:
        refused = empty.run("tools.deploy.destroy")
    finally:
        record.write_text(before)
    assert refused.returncode == 1
    assert "the function imagepress-dev-compress" in refused.stderr
    assert len(empty.client("lambda").list_functions()["Functions"]) == len(functions)
    assert empty.client("cloudformation").describe_stacks(StackName="imagepress-dev")["Stacks"]


def retentions(empty: Checkout) -> dict[str, int | None]:
    """Return for how many days each log group of the stage is kept."""
    found = empty.client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/imagepress-dev")
    return {each["logGroupName"]: each.get("retentionInDays") for each in found["logGroups"]}


def test_destroy_keeps_the_data_and_deploy_takes_it_up_again(
    empty: Checkout, first: "subprocess.CompletedProcess[str]"
) -> None:
    before = empty.variables()
    empty.client("s3").put_object(Bucket=before["SOURCE_BUCKET"], Key="kept.txt", Body=b"kept")

    gone = empty.run("tools.deploy.destroy")
    assert gone.returncode == 0, gone.stdout + gone.stderr
    assert "/aws/lambda/imagepress-dev-compress" in retentions(empty)
    assert set(retentions(empty).values()) == {30}, "logs expire, for which Chalice would keep them"
    assert empty.client("lambda").list_functions()["Functions"] == []
    assert (
        empty.client("s3").get_object(Bucket=before["SOURCE_BUCKET"], Key="kept.txt")["Body"].read()
        == b"kept"
    )

    foreseen = empty.deploy(DRY_RUN="1").stdout
    assert f"< SourceBucket: taking up {before['SOURCE_BUCKET']}" in foreseen
    assert "+ SourceBucket " not in foreseen
    assert "+ DeadLetters (" in foreseen

    back = empty.deploy()
    assert back.returncode == 0, back.stdout + back.stderr
    assert empty.variables() == before
    assert tokens(back.stdout) == {}, "tokens that exist are kept"
    (stack,) = empty.client("cloudformation").describe_stacks(StackName="imagepress-dev")["Stacks"]
    assert before["SOURCE_BUCKET"] in {output["OutputValue"] for output in stack["Outputs"]}


def test_destroy_deletes_data_only_if_the_stage_is_named(
    empty: Checkout, first: "subprocess.CompletedProcess[str]"
) -> None:
    result = empty.run("tools.deploy.destroy", DELETE_DATA="yes", CONFIRM="prod")
    assert result.returncode == 1
    assert "CONFIRM=dev" in result.stderr
    assert empty.client("lambda").list_functions()["Functions"] != []


def test_destroy_with_data_leaves_nothing(empty: Checkout, first: "subprocess.CompletedProcess[str]") -> None:
    result = empty.run("tools.deploy.destroy", DELETE_DATA="yes", CONFIRM="dev")
    assert result.returncode == 0, result.stdout + result.stderr
    assert empty.client("s3").list_buckets()["Buckets"] == []
    assert empty.client("dynamodb").list_tables()["TableNames"] == []
    assert empty.client("lambda").list_functions()["Functions"] == []
    assert retentions(empty) == {}
    assert "SOURCE_BUCKET" not in empty.variables()
    with pytest.raises(ClientError, match="does not exist"):
        empty.client("cloudformation").describe_stacks(StackName="imagepress-dev")


def test_the_deployer_s_policy_is_made_of_what_the_steps_called(
    empty: Checkout, first: "subprocess.CompletedProcess[str]"
) -> None:
    """Comes last: it needs every call of the tests above. RECORD=1 writes the policy anew."""
    template = parsed((PROJECT / ".chalice" / "infrastructure.yaml").read_text())
    types = {resource["Type"] for resource in template["Resources"].values()}
    made = permissions.text(permissions.policy("imagepress", empty.calls, types))
    path = PROJECT / "docs" / "deployer-policy.json"
    if os.environ.get("RECORD"):
        path.write_text(made)
    assert path.read_text() == made
