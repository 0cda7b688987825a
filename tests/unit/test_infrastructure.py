"""What infrastructure.yaml promises of the buckets, the table and the alarms. The emulator ignores much of it."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from cfnlint.decode import cfn_yaml

PROJECT = Path(__file__).parents[2]
TEMPLATE = PROJECT / ".chalice" / "infrastructure.yaml"
LOADED: dict[str, Any] = cfn_yaml.load(str(TEMPLATE))
RESOURCES = LOADED["Resources"]
BUCKETS = ["SourceBucket", "DestBucket"]


def properties(name: str) -> Any:
    return RESOURCES[name]["Properties"]


def alarms() -> dict[str, Any]:
    kinds = RESOURCES.items()
    return {name: each["Properties"] for name, each in kinds if each["Type"] == "AWS::CloudWatch::Alarm"}


def test_the_protected_table_is_created_when_nothing_else_can_fail() -> None:
    """Otherwise a creation that fails would leave the table behind, and the stack in ROLLBACK_FAILED."""
    others = RESOURCES.keys() - {"Table"}
    conditional = {name for name in others if "Condition" in RESOURCES[name]}
    assert set(RESOURCES["Table"]["DependsOn"]) == others - conditional
    condition, waited_for, _ = RESOURCES["Table"]["Metadata"]["DependsOn"]["Fn::If"]
    assert {each["Ref"] for each in waited_for} == conditional
    assert {RESOURCES[name]["Condition"] for name in conditional} == {condition}
    assert '"Table"' not in json.dumps([RESOURCES[name] for name in others])


@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_bucket_is_encrypted_private_owns_its_objects_and_answers_over_tls_only(bucket: str) -> None:
    found = properties(bucket)
    (encryption,) = found["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    switches = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    assert found["PublicAccessBlockConfiguration"] == dict.fromkeys(switches, True)
    assert found["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    policy = properties(f"{bucket}Policy")
    assert policy["Bucket"] == {"Ref": bucket}
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Resource"] == [{"Fn::GetAtt": [bucket, "Arn"]}, {"Fn::Sub": f"${{{bucket}.Arn}}/*"}]
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_no_origin_may_upload_unless_it_is_given() -> None:
    assert LOADED["Parameters"]["UploadOrigins"]["Default"] == ""
    assert properties("SourceBucket")["CorsConfiguration"]["Fn::If"][2] == {"Ref": "AWS::NoValue"}
    assert "CorsConfiguration" not in properties("DestBucket")


@pytest.mark.parametrize("store", [*BUCKETS, "Table"])
def test_data_outlives_the_stack(store: str) -> None:
    resource = RESOURCES[store]
    # A creation that fails leaves nothing behind; a stack that is deleted leaves its data.
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_the_template_has_no_aliases_which_cloudformation_refuses() -> None:
    events = yaml.parse(TEMPLATE.read_text(), yaml.SafeLoader)
    assert not [event for event in events if isinstance(event, yaml.AliasEvent)]


def test_every_alarm_notifies_and_is_explained_to_operators() -> None:
    explained = (PROJECT / "docs" / "operations.md").read_text()
    for name, alarm in alarms().items():
        assert f"`{name}`" in explained
        assert alarm["AlarmActions"]["Fn::If"][0] == "NotifyAlarms"
        assert len(alarm["AlarmDescription"]) > 40


def test_the_errors_of_every_asynchronous_function_raise_an_alarm() -> None:
    watched = [
        dimension["Value"]["Fn::Sub"]
        for alarm in alarms().values()
        for dimension in alarm["Dimensions"]
        if alarm["MetricName"] == "Errors"
    ]
    assert sorted(watched) == ["${AppName}-compress", "${AppName}-sweep", "${AppName}-sweep_daily"]


def test_the_alarm_of_the_duration_comes_before_the_time_out() -> None:
    stages = json.loads((PROJECT / ".chalice" / "config.json").read_text())["stages"]
    timeouts = {stage["lambda_functions"]["compress"]["lambda_timeout"] for stage in stages.values()}
    assert properties("DurationAlarm")["Threshold"] == 750 * min(timeouts)


def test_what_costs_by_the_month_is_counted_in_the_documentation() -> None:
    table = (PROJECT / "docs" / "deploying.md").read_text()
    assert f"| {len(alarms())} alarms |" in table
    assert "| 1 dashboard |" in table


def test_the_dashboard_shows_the_metrics_of_the_functions() -> None:
    body = json.loads(properties("Dashboard")["DashboardBody"]["Fn::Sub"])
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
