"""What infrastructure.yaml promises of the buckets and the table; the emulator drops much of it in silence."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.deploy.template import parsed

PROJECT = Path(__file__).parents[2]
TEMPLATE = PROJECT / ".chalice" / "infrastructure.yaml"
BUCKETS = ["SourceBucket", "DestBucket"]
STORES = [*BUCKETS, "Table"]


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return parsed(TEMPLATE.read_text())


def properties(template: dict[str, Any], name: str) -> Any:
    return template["Resources"][name]["Properties"]


def rules(template: dict[str, Any], bucket: str) -> dict[str, Any]:
    return {rule["Id"]: rule for rule in properties(template, bucket)["LifecycleConfiguration"]["Rules"]}


def test_the_protected_table_is_made_when_nothing_else_can_fail_any_more(template: dict[str, Any]) -> None:
    """Else a creation that fails would leave it behind, and the stack in ROLLBACK_FAILED."""
    resources = template["Resources"]
    others = resources.keys() - {"Table"}
    conditional = {name for name in others if "Condition" in resources[name]}
    assert set(resources["Table"]["DependsOn"]) == others - conditional
    condition, waited_for, _ = resources["Table"]["Metadata"]["DependsOn"]["Fn::If"]
    assert {each["Ref"] for each in waited_for} == conditional
    assert {resources[name]["Condition"] for name in conditional} == {condition}
    assert '"Table"' not in json.dumps([resources[name] for name in others])


@pytest.mark.parametrize("bucket", BUCKETS)
def test_what_a_bucket_holds_is_encrypted(template: dict[str, Any], bucket: str) -> None:
    encryption = properties(template, bucket)["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption == [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]


@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_bucket_cannot_be_made_public(template: dict[str, Any], bucket: str) -> None:
    block = properties(template, bucket)["PublicAccessBlockConfiguration"]
    assert block == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }


@pytest.mark.parametrize("bucket", BUCKETS)
def test_the_bucket_owner_owns_every_object(template: dict[str, Any], bucket: str) -> None:
    controls = properties(template, bucket)["OwnershipControls"]
    assert controls == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


@pytest.mark.parametrize("bucket", BUCKETS)
def test_unfinished_uploads_go_after_a_week(template: dict[str, Any], bucket: str) -> None:
    rule = rules(template, bucket)["unfinished-uploads"]
    assert (rule["Status"], rule["AbortIncompleteMultipartUpload"]) == (
        "Enabled",
        {"DaysAfterInitiation": 7},
    )


@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_bucket_answers_over_tls_alone(template: dict[str, Any], bucket: str) -> None:
    policy = properties(template, f"{bucket}Policy")
    assert policy["Bucket"] == {"Ref": bucket}
    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [{"Fn::GetAtt": [bucket, "Arn"]}, {"Fn::Sub": f"${{{bucket}.Arn}}/*"}],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]


def test_tls_is_required_unless_an_emulator_says_no(template: dict[str, Any]) -> None:
    assert template["Parameters"]["RequireTls"]["Default"] == "yes"
    assert template["Conditions"]["TlsOnly"] == {"Fn::Equals": [{"Ref": "RequireTls"}, "yes"]}
    assert {template["Resources"][f"{bucket}Policy"]["Condition"] for bucket in BUCKETS} == {"TlsOnly"}


def test_originals_are_versioned_on_demand(template: dict[str, Any]) -> None:
    assert template["Parameters"]["SourceVersioning"]["Default"] == "no"
    assert properties(template, "SourceBucket")["VersioningConfiguration"] == {
        "Fn::If": ["VersionSource", {"Status": "Enabled"}, {"Ref": "AWS::NoValue"}]
    }


def test_earlier_versions_and_their_delete_markers_expire(template: dict[str, Any]) -> None:
    rule = rules(template, "SourceBucket")["earlier-versions"]
    assert rule["Status"] == "Enabled"
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert rule["ExpiredObjectDeleteMarker"] is True


def test_no_page_may_upload_unless_its_origin_is_given(template: dict[str, Any]) -> None:
    assert template["Parameters"]["UploadOrigins"]["Default"] == ""
    condition, given, otherwise = properties(template, "SourceBucket")["CorsConfiguration"]["Fn::If"]
    assert (condition, otherwise) == ("BrowserUploads", {"Ref": "AWS::NoValue"})
    (rule,) = given["CorsRules"]
    assert rule["AllowedOrigins"] == {"Ref": "UploadOrigins"}
    assert rule["AllowedMethods"] == ["POST"]


def test_no_page_may_fetch_compressed_images_from_a_script(template: dict[str, Any]) -> None:
    assert "CorsConfiguration" not in properties(template, "DestBucket")


@pytest.mark.parametrize("store", STORES)
def test_what_holds_data_outlives_the_stack(template: dict[str, Any], store: str) -> None:
    resource = template["Resources"][store]
    # A creation that fails leaves nothing behind; a stack that is deleted leaves its data.
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


@pytest.mark.parametrize(
    ("store", "name", "parameter"),
    [
        ("SourceBucket", "BucketName", "SourceBucketName"),
        ("DestBucket", "BucketName", "DestBucketName"),
        ("Table", "TableName", "TableName"),
    ],
)
def test_names_are_generated_unless_given(
    template: dict[str, Any], store: str, name: str, parameter: str
) -> None:
    assert template["Parameters"][parameter]["Default"] == ""
    condition, given, otherwise = properties(template, store)[name]["Fn::If"]
    assert (given, otherwise) == ({"Ref": parameter}, {"Ref": "AWS::NoValue"})
    assert template["Conditions"][condition] == {"Fn::Not": [{"Fn::Equals": [{"Ref": parameter}, ""]}]}


def test_the_table_is_on_demand_encrypted_recoverable_and_protected(template: dict[str, Any]) -> None:
    table = properties(template, "Table")
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["DeletionProtectionEnabled"] is True


def test_the_template_has_no_aliases_which_cloudformation_refuses() -> None:
    events = yaml.parse(TEMPLATE.read_text(), yaml.SafeLoader)
    assert not [event for event in events if isinstance(event, yaml.AliasEvent)]


@pytest.mark.parametrize(
    ("alarm", "metric", "of"),
    [
        (
            "DeadLettersAlarm",
            "AWS/SQS ApproximateNumberOfMessagesVisible",
            {"Fn::GetAtt": ["DeadLetters", "QueueName"]},
        ),
        ("ErrorsAlarm", "AWS/Lambda Errors", {"Fn::Sub": "${AppName}-compress"}),
        ("ThrottlesAlarm", "AWS/Lambda Throttles", {"Fn::Sub": "${AppName}-compress"}),
        ("DurationAlarm", "AWS/Lambda Duration", {"Fn::Sub": "${AppName}-compress"}),
        ("SweepErrorsAlarm", "AWS/Lambda Errors", {"Fn::Sub": "${AppName}-sweep"}),
        ("DailySweepAlarm", "AWS/Lambda Errors", {"Fn::Sub": "${AppName}-sweep_daily"}),
        ("ApiErrorsAlarm", "AWS/ApiGateway 5XXError", "imagepress"),
    ],
)
def test_an_alarm_watches_what_goes_wrong_and_says_what_to_do(
    template: dict[str, Any], alarm: str, metric: str, of: Any
) -> None:
    watched = properties(template, alarm)
    assert f"{watched['Namespace']} {watched['MetricName']}" == metric
    assert [each["Value"] for each in watched["Dimensions"]] == [of]
    assert watched["AlarmActions"]["Fn::If"][0] == "NotifyAlarms"
    assert len(watched["AlarmDescription"]) > 40


def test_every_alarm_is_explained_to_who_operates(template: dict[str, Any]) -> None:
    explained = (PROJECT / "docs" / "operations.md").read_text()
    alarms = [
        name for name, each in template["Resources"].items() if each["Type"] == "AWS::CloudWatch::Alarm"
    ]
    assert [name for name in alarms if f"`{name}`" not in explained] == []


def test_the_alarm_of_the_duration_comes_before_the_time_out(template: dict[str, Any]) -> None:
    stages = json.loads((PROJECT / ".chalice" / "config.json").read_text())["stages"]
    timeouts = {stage["lambda_functions"]["compress"]["lambda_timeout"] for stage in stages.values()}
    assert properties(template, "DurationAlarm")["Threshold"] == 750 * min(timeouts)


@pytest.fixture(scope="module")
def widgets(template: dict[str, Any]) -> dict[str, Any]:
    body = json.loads(properties(template, "Dashboard")["DashboardBody"]["Fn::Sub"])
    return {widget["properties"]["title"]: widget["properties"] for widget in body["widgets"]}


def test_the_dashboard_shows_the_metrics_that_the_functions_tell(widgets: dict[str, Any]) -> None:
    shown = {
        part
        for widget in widgets.values()
        for metric in widget["metrics"]
        for part in metric
        if isinstance(part, str)
    }
    told = {"Images", "Failures", "BytesIn", "BytesOut"}
    told |= {f"{stage}Milliseconds" for stage in ("read", "compress", "write")}
    assert told <= shown


def test_what_costs_by_the_month_is_counted_in_the_documentation(template: dict[str, Any]) -> None:
    kinds = [resource["Type"] for resource in template["Resources"].values()]
    table = (PROJECT / "docs" / "deploying.md").read_text()
    assert f"| {kinds.count('AWS::CloudWatch::Alarm')} alarms |" in table
    assert f"| {kinds.count('AWS::CloudWatch::Dashboard')} dashboard |" in table


def test_the_dashboard_shows_failures_by_each_code_that_there_is(widgets: dict[str, Any]) -> None:
    ((search,),) = widgets["Failures by code"]["metrics"]
    # The schema is the namespace and the names of all dimensions, as `telemetry` tells them.
    assert search == {
        "expression": """SEARCH('{imagepress,code,service} MetricName="FailuresByCode"', 'Sum', 300)"""
    }


def test_messages_that_wait_are_counted_once_and_not_at_each_look(widgets: dict[str, Any]) -> None:
    metrics = widgets["Errors, throttles, dead letters"]["metrics"]
    (letters,) = [each for each in metrics if "ApproximateNumberOfMessagesVisible" in each]
    assert letters[-1] == {"stat": "Maximum"}
