"""`make deploy`, `make token` and `make destroy` of the stage dev, from nothing to nothing, on the emulator."""

import json
import os
import re
from collections.abc import Iterator
from hashlib import sha256

import pytest
from botocore.exceptions import ClientError
from cfnlint.decode import cfn_yaml

from tests.e2e.checkout import RESERVED, Checkout, empty_account, succeeded
from tests.e2e.deployer_policy import policy
from tests.fixtures.processes import Result
from tools.pictures import picture
from tools.server import PROJECT


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    with empty_account(tmp_path_factory.mktemp("project")) as checkout:
        yield checkout


@pytest.fixture(scope="module")
def dry(empty: Checkout) -> Result:
    """A dry run of the first deploy, before the deploy."""
    before = (empty.folder / ".chalice" / "config.json").read_text()
    result = empty.deploy(DRY_RUN="1")
    assert (empty.folder / ".chalice" / "config.json").read_text() == before, "the dry run wrote"
    assert empty.client("cloudformation").describe_stacks()["Stacks"] == [], "the dry run created"
    return result


@pytest.fixture(scope="module")
def first(empty: Checkout, dry: Result) -> Result:
    return succeeded(empty.deploy())


@pytest.fixture(scope="module")
def account(empty: Checkout, first: Result) -> Checkout:
    """The account after the first deploy."""
    return empty


def tokens(shown: str) -> dict[str, str]:
    return dict(re.findall(r"^ +([a-z]+) +(\S{43})$", shown, re.MULTILINE))


def changes(shown: Result) -> list[str]:
    return re.findall(r"^  [+~<-] .*", shown.stdout, re.MULTILINE)


def digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def test_a_dry_run_shows_what_would_be_made(dry: Result) -> None:
    succeeded(dry)
    for change in (
        "+ SourceBucket (AWS::S3::Bucket)",
        "create imagepress-dev-compress",
        "new tokens of the API",
    ):
        assert change in dry.stdout
    assert dry.stdout.rstrip().endswith("Nothing was changed.")


def test_the_stack_s_outputs_become_the_stage_s_environment(account: Checkout) -> None:
    (stack,) = account.client("cloudformation").describe_stacks(StackName="imagepress-dev")["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    names = [account.variables()[name] for name in ("SOURCE_BUCKET", "DEST_BUCKET", "TABLE_NAME")]
    assert names == [outputs[name] for name in ("SourceBucket", "DestBucket", "Table")]


def test_tokens_are_shown_once_and_only_their_digests_are_kept(account: Checkout, first: Result) -> None:
    shown = tokens(first.stdout)
    assert account.variables()["API_TOKENS"] == ",".join(
        f"{role}={role}:{digest(shown[role])}" for role in shown
    )
    files = [path for path in (account.folder / ".chalice").rglob("*") if path.is_file()]
    kept = b"".join(path.read_bytes() for path in files)
    for token in shown.values():
        assert first.stdout.count(token) == 1
        assert token.encode() not in kept


def retentions(account: Checkout) -> dict[str, int | None]:
    """Return for how many days each log group is kept."""
    groups = account.client("logs").describe_log_groups()["logGroups"]
    return {each["logGroupName"]: each.get("retentionInDays") for each in groups}


def test_each_function_has_a_log_that_is_kept_for_thirty_days(account: Checkout) -> None:
    functions = account.client("lambda").list_functions()["Functions"]
    assert retentions(account) == {f"/aws/lambda/{each['FunctionName']}": 30 for each in functions}


def test_each_role_has_the_policy_that_the_code_needs(account: Checkout, dry: Result, first: Result) -> None:
    config = json.loads((account.folder / ".chalice" / "config.json").read_text())
    for function, settings in config["stages"]["dev"]["lambda_functions"].items():
        role = f"imagepress-dev-{function}"
        deployed = account.client("iam").get_role_policy(RoleName=role, PolicyName=role)["PolicyDocument"]
        text = (account.folder / ".chalice" / settings["iam_policy_file"]).read_text()
        assert deployed == json.loads(text)
        assert account.variables()["SOURCE_BUCKET"] in text or function == "sweep_daily"
    assert "+ imagepress-dev-sweep: s3:ListBucket on arn:aws:s3:::made-by-the-stack" in dry.stdout
    source = account.variables()["SOURCE_BUCKET"]
    assert f"+ imagepress-dev-sweep: s3:ListBucket on arn:aws:s3:::{source}" in first.stdout


def test_what_someone_else_changed_in_a_role_is_shown(account: Checkout) -> None:
    role, iam = "imagepress-dev-sweep_daily", account.client("iam")
    before = iam.get_role_policy(RoleName=role, PolicyName=role)["PolicyDocument"]
    wider = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    changed = json.dumps({**before, "Statement": [before["Statement"][0], wider]})
    iam.put_role_policy(RoleName=role, PolicyName=role, PolicyDocument=changed)
    try:
        shown = account.deploy(DRY_RUN="1").stdout
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=role, PolicyDocument=json.dumps(before))
    assert f"- {role}: s3:* on *" in shown
    assert f"+ {role}: " in shown


def test_an_upload_to_the_deployed_stage_is_compressed(account: Checkout) -> None:
    variables, s3 = account.variables(), account.client("s3")
    s3.put_object(Bucket=variables["SOURCE_BUCKET"], Key="a.jpg", Body=picture(1200, 900, "JPEG"))
    s3.get_waiter("object_exists").wait(
        Bucket=variables["DEST_BUCKET"],
        Key="resized-a.jpg",
        WaiterConfig={"Delay": 1, "MaxAttempts": 60},
    )


def test_the_deployed_api_accepts_the_tokens_that_were_shown_and_no_other(
    account: Checkout, first: Result
) -> None:
    shown = tokens(first.stdout)
    callers = [shown["read"], shown["write"], digest(shown["read"]), None]
    assert [account.get("/images", token) for token in callers] == [200, 200, 401, 401]


def test_s3_may_invoke_for_this_bucket_of_this_account_only(account: Checkout) -> None:
    policy = account.client("lambda").get_policy(FunctionName="imagepress-dev-compress")["Policy"]
    (statement,) = json.loads(policy)["Statement"]
    assert statement["Principal"] == {"Service": "s3.amazonaws.com"}
    assert statement["Condition"] == {
        "ArnLike": {"AWS:SourceArn": f"arn:aws:s3:::{account.variables()['SOURCE_BUCKET']}"},
        "StringEquals": {"AWS:SourceAccount": "000000000000"},
    }


@pytest.mark.parametrize("function", ["compress", "record_failure", "sweep", "sweep_daily"])
def test_a_failed_event_is_tried_three_times_within_six_hours_and_then_kept(
    account: Checkout, function: str
) -> None:
    client = account.client("lambda")
    config = client.get_function_event_invoke_config(FunctionName=f"imagepress-dev-{function}")
    assert (config["MaximumRetryAttempts"], config["MaximumEventAgeInSeconds"]) == (2, 21_600)
    queue = account.variables()["DEAD_LETTER_QUEUE_ARN"]
    recorder = "arn:aws:lambda:us-east-1:000000000000:function:imagepress-dev-record_failure"
    destination = recorder if function == "compress" else queue
    assert config["DestinationConfig"]["OnFailure"] == {"Destination": destination}


def test_a_reserved_concurrency_limits_the_function_that_it_is_set_for(account: Checkout) -> None:
    client = account.client("lambda")
    names = ["imagepress-dev-compress", "imagepress-dev-sweep"]
    found = [client.get_function_concurrency(FunctionName=name) for name in names]
    assert [each.get("ReservedConcurrentExecutions") for each in found] == [RESERVED, None]


def test_the_api_limits_requests_and_compresses_long_responses(account: Checkout) -> None:
    client = account.client("apigateway")
    (api,) = client.get_rest_apis()["items"]
    settings = client.get_stage(restApiId=api["id"], stageName="api")["methodSettings"]["*/*"]
    assert (settings["throttlingRateLimit"], settings["throttlingBurstLimit"]) == (50, 100)
    assert api["minimumCompressionSize"] == 1024


def test_pages_of_the_api_and_no_others_may_upload(account: Checkout) -> None:
    url = account.deployed("rest_api")["rest_api_url"]
    (rule,) = account.client("s3").get_bucket_cors(Bucket=account.variables()["SOURCE_BUCKET"])["CORSRules"]
    assert rule["AllowedOrigins"] == [url.removesuffix("/api/").removesuffix("/api")]
    assert rule["AllowedMethods"] == ["POST", "PUT"]


def test_api_gateway_s_own_responses_have_the_headers_of_the_app_s_responses(account: Checkout) -> None:
    client = account.client("apigateway")
    api = account.deployed("rest_api")["rest_api_id"]
    responses = client.get_gateway_responses(restApiId=api)["items"]
    changed = {
        each["responseType"]: each["responseParameters"] for each in responses if not each["defaultResponse"]
    }
    for kind in ("DEFAULT_4XX", "DEFAULT_5XX"):
        assert changed[kind]["gatewayresponse.header.X-Content-Type-Options"] == "'nosniff'"
        assert changed[kind]["gatewayresponse.header.Content-Type"] == "'application/problem+json'"
        assert "gatewayresponse.header.Access-Control-Allow-Origin" not in changed[kind]
    deployments = client.get_deployments(restApiId=api)["items"]
    assert len(deployments) == 2, "Chalice's, and another that puts the headers in force"


def test_tokens_are_added_replaced_and_revoked_one_by_one(account: Checkout, first: Result) -> None:
    made = account.run("tools.deploy.tokens", NAME="ci", ROLE="write", UNTIL="2100-01-31")
    replaced = account.run("tools.deploy.tokens", NAME="write")
    new, again, old = (tokens(result.stdout) for result in (made, replaced, first))
    callers = (new["ci"], again["write"], old["read"], old["write"])
    assert [account.get("/stats", token) for token in callers] == [200, 200, 200, 401]
    assert re.search(r"^ +ci +write until 2100-01-31$", made.stdout, re.MULTILINE)

    revoked = account.run("tools.deploy.tokens", REVOKE="ci")

    assert [account.get("/stats", token) for token in callers] == [401, 200, 200, 401]
    assert re.findall(r"^ +(\w+) +(read|write)$", revoked.stdout, re.MULTILINE) == [
        ("read",) * 2,
        ("write",) * 2,
    ]
    listed = account.run("tools.deploy.tokens")
    assert listed.stdout == revoked.stdout
    for refused in (
        {"REVOKE": "ci"},
        {"NAME": "CI"},
        {"NAME": "ci", "ROLE": "admin"},
        {"NAME": "ci", "UNTIL": "soon"},
    ):
        result = account.run("tools.deploy.tokens", **refused)
        assert (result.returncode, "must be" in result.stderr) == (1, True)


def test_a_step_that_fails_is_named_with_its_reason_and_how_to_continue(account: Checkout) -> None:
    with account.edit(".chalice/infrastructure.yaml", "Parameters:", "Parameters:\n  Owner: {Type: String}"):
        result = account.deploy()
    assert result.returncode == 1
    assert result.stderr.startswith("Step 2 (Buckets, table")
    assert "Owner" in result.stderr
    assert "`make deploy STAGE=dev` continues" in result.stderr


@pytest.mark.parametrize(
    ("parameter", "message"),
    [
        ("UploadOrigins=https://a.example", "UploadOrigins cannot be given in PARAMETERS"),
        ("SourceBucketName=a.b.c", r"The settings of dev in .chalice/config\.json: SOURCE_BUCKET must be "),
        ("RequireTls=perhaps", "Step 2 .*RequireTls.*perhaps"),
    ],
)
def test_a_parameter_that_the_app_or_the_stack_refuses_is_named(
    account: Checkout, parameter: str, message: str
) -> None:
    result = account.deploy(PARAMETERS=parameter)
    assert result.returncode == 1
    assert re.match(message, result.stderr), result.stderr
    assert ("[2/" in result.stdout) == message.startswith("Step 2")


def test_code_that_cannot_be_followed_is_refused_first(account: Checkout) -> None:
    with account.edit("chalicelib/sweep.py", "\n\n\n", "\n\nHIDDEN = getattr(replace, 'x', None)\n\n\n"):
        result = account.deploy()
    assert result.returncode == 1
    assert re.search(r"chalicelib/sweep\.py:[0-9]+: getattr can hide a call of AWS", result.stderr)
    assert "[2/" not in result.stdout


def test_destroy_keeps_the_data_and_deploy_uses_it_again(account: Checkout) -> None:
    before, s3 = account.variables(), account.client("s3")
    s3.put_object(Bucket=before["SOURCE_BUCKET"], Key="kept.txt", Body=b"kept")

    succeeded(account.run("tools.deploy.destroy"))
    assert "/aws/lambda/imagepress-dev-compress" in retentions(account)
    assert set(retentions(account).values()) == {30}, "logs expire, although Chalice would keep them"
    assert account.client("lambda").list_functions()["Functions"] == []

    planned = account.deploy(DRY_RUN="1").stdout
    assert "< SourceBucket (AWS::S3::Bucket)" in planned
    assert "< Table (AWS::DynamoDB::Table)" in planned
    assert "+ DeadLetters (AWS::SQS::Queue)" in planned

    back = succeeded(account.deploy())
    assert account.variables() == before
    assert tokens(back.stdout) == {}, "tokens that exist are kept"
    assert s3.get_object(Bucket=before["SOURCE_BUCKET"], Key="kept.txt")["Body"].read() == b"kept"
    assert changes(succeeded(account.deploy(DRY_RUN="1"))) == []
    left = account.client("cloudformation").list_change_sets(StackName="imagepress-dev")["Summaries"]
    assert not [each for each in left if each["ExecutionStatus"] == "AVAILABLE"]


def test_destroy_deletes_data_only_if_the_stage_is_named(account: Checkout) -> None:
    result = account.run("tools.deploy.destroy", DELETE_DATA="yes", CONFIRM="prod")
    assert result.returncode == 1
    assert "CONFIRM=dev" in result.stderr
    assert account.client("lambda").list_functions()["Functions"] != []


def test_destroy_with_data_leaves_nothing(account: Checkout) -> None:
    succeeded(account.run("tools.deploy.destroy", DELETE_DATA="yes", CONFIRM="dev"))
    assert account.client("s3").list_buckets()["Buckets"] == []
    assert account.client("dynamodb").list_tables()["TableNames"] == []
    assert account.client("lambda").list_functions()["Functions"] == []
    assert retentions(account) == {}
    assert "SOURCE_BUCKET" not in account.variables()
    with pytest.raises(ClientError, match="does not exist"):
        account.client("cloudformation").describe_stacks(StackName="imagepress-dev")


def test_the_deployer_s_policy_is_made_of_what_the_steps_called(account: Checkout) -> None:
    """Comes last: it needs every call of the tests above. RECORD=1 writes the policy anew."""
    template = cfn_yaml.load(str(PROJECT / ".chalice" / "infrastructure.yaml"))
    types = {resource["Type"] for resource in template["Resources"].values()}
    made = json.dumps(policy("imagepress", account.calls, types), indent=2) + "\n"
    path = PROJECT / "docs" / "deployer-policy.json"
    if os.environ.get("RECORD"):
        path.write_text(made)
    assert path.read_text() == made
