"""What a deployer may do, beyond the calls that the end-to-end test of a deploy records."""

import json
from typing import Any

import pytest

from tools.server import PROJECT


@pytest.fixture(scope="module")
def statements() -> list[dict[str, Any]]:
    policy = json.loads((PROJECT / "docs" / "deployer-policy.json").read_text())
    found: list[dict[str, Any]] = policy["Statement"]
    return found


def allowing(statements: list[dict[str, Any]], action: str) -> dict[str, Any]:
    (found,) = [statement for statement in statements if action in statement["Action"]]
    return found


def test_a_role_is_passed_to_lambda_only(statements: list[dict[str, Any]]) -> None:
    statement = allowing(statements, "iam:PassRole")
    assert statement["Action"] == ["iam:PassRole"]
    assert statement["Resource"] == ["arn:aws:iam::*:role/imagepress-*"]
    assert statement["Condition"] == {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}


def test_only_rest_apis_of_api_gateway_are_changed(statements: list[dict[str, Any]]) -> None:
    resources = allowing(statements, "apigateway:DELETE")["Resource"]
    assert resources == ["arn:aws:apigateway:*::/restapis", "arn:aws:apigateway:*::/restapis/*"]


BUCKET_PARTS = """
    AccelerateConfiguration AnalyticsConfiguration BucketCORS BucketLogging BucketNotification
    BucketObjectLockConfiguration BucketOwnershipControls BucketPublicAccessBlock BucketTagging
    BucketVersioning BucketWebsite EncryptionConfiguration IntelligentTieringConfiguration
    InventoryConfiguration LifecycleConfiguration MetricsConfiguration ReplicationConfiguration
"""


@pytest.mark.parametrize("part", BUCKET_PARTS.split())
def test_everything_that_cloudformation_reads_of_an_imported_bucket_is_allowed(
    statements: list[dict[str, Any]], part: str
) -> None:
    assert allowing(statements, f"s3:Get{part}")["Resource"] == ["arn:aws:s3:::imagepress-*"]
