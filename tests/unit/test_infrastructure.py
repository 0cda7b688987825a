"""What infrastructure.yaml promises of the buckets, the table and the alarms. The emulator ignores much of it."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from cfnlint.decode import cfn_yaml

PROJECT = Path(__file__).parents[2]
TEMPLATE = PROJECT / ".chalice" / "infrastructure.yaml"
BUCKETS = ["SourceBucket", "DestBucket"]
NOTHING = {"Ref": "AWS::NoValue"}


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    loaded: dict[str, Any] = cfn_yaml.load(str(TEMPLATE))
    return loaded


def properties(template: dict[str, Any], name: str) -> Any:
    return template["Resources"][name]["Properties"]


def rules(template: dict[str, Any], bucket: str) -> dict[str, Any]:
    rules = properties(template, bucket)["LifecycleConfiguration"]["Rules"]
    return {rule["Id"]: rule for rule in rules if rule["Status"] == "Enabled"}


def alarms(template: dict[str, Any]) -> dict[str, Any]:
    kinds = template["Resources"].items()
    return {name: each["Properties"] for name, each in kinds if each["Type"] == "AWS::CloudWatch::Alarm"}


def test_the_protected_table_is_created_when_nothing_else_can_fail(template: dict[str, Any]) -> None:
    """Otherwise a creation that fails would leave the table behind, and the stack in ROLLBACK_FAILED."""
    resources = template["Resources"]
    others = resources.keys() - {"Table"}
    conditional = {name for name in others if "Condition" in resources[name]}
    assert set(resources["Table"]["DependsOn"]) == others - conditional
    condition, waited_for, _ = resources["Table"]["Metadata"]["DependsOn"]["Fn::If"]
    assert {each["Ref"] for each in waited_for} == conditional
    assert {resources[name]["Condition"] for name in conditional} == {condition}
    assert '"Table"' not in json.dumps([resources[name] for name in others])


@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_bucket_is_encrypted_private_and_owns_its_objects(template: dict[str, Any], bucket: str) -> None:
    found = properties(template, bucket)
    (encryption,) = found["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    switches = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    assert found["PublicAccessBlockConfiguration"] == dict.fromkeys(switches, True)
    assert found["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_bucket_answers_over_tls_only(template: dict[str, Any], bucket: str) -> None:
    policy = properties(template, f"{bucket}Policy")
    assert policy["Bucket"] == {"Ref": bucket}
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Resource"] == [{"Fn::GetAtt": [bucket, "Arn"]}, {"Fn::Sub": f"${{{bucket}.Arn}}/*"}]
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_tls_is_required_unless_a_parameter_turns_it_off(template: dict[str, Any]) -> None:
    assert template["Parameters"]["RequireTls"]["Default"] == "yes"
    assert template["Conditions"]["TlsOnly"] == {"Fn::Equals": [{"Ref": "RequireTls"}, "yes"]}
    assert {template["Resources"][f"{bucket}Policy"]["Condition"] for bucket in BUCKETS} == {"TlsOnly"}


def test_originals_are_versioned_on_demand_and_earlier_versions_expire(template: dict[str, Any]) -> None:
    assert template["Parameters"]["SourceVersioning"]["Default"] == "yes"
    versioning = properties(template, "SourceBucket")["VersioningConfiguration"]
    assert versioning == {"Fn::If": ["VersionSource", {"Status": "Enabled"}, NOTHING]}
    rule = rules(template, "SourceBucket")["earlier-versions"]
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert rule["ExpiredObjectDeleteMarker"] is True


@pytest.mark.parametrize("bucket", BUCKETS)
def test_unfinished_uploads_expire_after_a_week(template: dict[str, Any], bucket: str) -> None:
    rule = rules(template, bucket)["unfinished-uploads"]
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}


def test_only_given_origins_may_upload_and_no_origin_may_fetch(template: dict[str, Any]) -> None:
    assert template["Parameters"]["UploadOrigins"]["Default"] == ""
    condition, given, otherwise = properties(template, "SourceBucket")["CorsConfiguration"]["Fn::If"]
    assert (condition, otherwise) == ("BrowserUploads", NOTHING)
    (rule,) = given["CorsRules"]
    assert (rule["AllowedOrigins"], rule["AllowedMethods"]) == ({"Ref": "UploadOrigins"}, ["POST", "PUT"])
    assert "CorsConfiguration" not in properties(template, "DestBucket")


@pytest.mark.parametrize("store", [*BUCKETS, "Table"])
def test_data_outlives_the_stack(template: dict[str, Any], store: str) -> None:
    resource = template["Resources"][store]
    # A creation that fails leaves nothing behind; a stack that is deleted leaves its data.
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_the_table_is_on_demand_encrypted_recoverable_and_protected(template: dict[str, Any]) -> None:
    table = properties(template, "Table")
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["DeletionProtectionEnabled"] is True


def test_the_template_has_no_aliases_which_cloudformation_refuses() -> None:
    events = yaml.parse(TEMPLATE.read_text(), yaml.SafeLoader)
    assert not [event for event in events if isinstance(event, yaml.AliasEvent)]


def test_every_alarm_notifies_and_is_explained_to_operators(template: dict[str, Any]) -> None:
    explained = (PROJECT / "docs" / "operations.md").read_text()
    for name, alarm in alarms(template).items():
        assert f"`{name}`" in explained
        assert alarm["AlarmActions"]["Fn::If"][0] == "NotifyAlarms"
        assert len(alarm["AlarmDescription"]) > 40


def test_the_errors_of_every_asynchronous_function_raise_an_alarm(template: dict[str, Any]) -> None:
    watched = [
        dimension["Value"]["Fn::Sub"]
        for alarm in alarms(template).values()
        for dimension in alarm["Dimensions"]
        if alarm["MetricName"] == "Errors"
    ]
    assert sorted(watched) == ["${AppName}-compress", "${AppName}-sweep", "${AppName}-sweep_daily"]


def test_the_alarm_of_the_duration_comes_before_the_time_out(template: dict[str, Any]) -> None:
    stages = json.loads((PROJECT / ".chalice" / "config.json").read_text())["stages"]
    timeouts = {stage["lambda_functions"]["compress"]["lambda_timeout"] for stage in stages.values()}
    assert properties(template, "DurationAlarm")["Threshold"] == 750 * min(timeouts)


def test_what_costs_by_the_month_is_counted_in_the_documentation(template: dict[str, Any]) -> None:
    table = (PROJECT / "docs" / "deploying.md").read_text()
    assert f"| {len(alarms(template))} alarms |" in table
    assert "| 1 dashboard |" in table


def test_the_dashboard_shows_the_metrics_of_the_functions(template: dict[str, Any]) -> None:
    body = json.loads(properties(template, "Dashboard")["DashboardBody"]["Fn::Sub"])
    metrics = [metric for widget in body["widgets"] for metric in widget["properties"]["metrics"]]
    shown = {part for metric in metrics for part in metric if isinstance(part, str)}
    stages = {f"{stage}Milliseconds" for stage in ("read", "compress", "write")}
    assert {"Images", "Failures", "BytesIn", "BytesOut", *stages} <= shown
    # The names of all dimensions of the metric, as telemetry writes them.
    assert """SEARCH('{imagepress,code,service} MetricName="FailuresByCode"'""" in json.dumps(
        metrics
    ).replace('\\"', '"')
    # Messages that wait are counted once, not at every look.
    (waiting,) = [metric for metric in metrics if "ApproximateNumberOfMessagesVisible" in metric]
    assert waiting[-1] == {"stat": "Maximum"}
