"""The SDK's configuration, in one place."""

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from chalicelib import startup

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client

# Attempts and time-outs leave a Lambda function time to fail and be retried as a whole.
_CONFIG = Config(
    signature_version="s3v4",
    connect_timeout=3,
    read_timeout=20,
    tcp_keepalive=True,
    retries={"mode": "standard", "total_max_attempts": 4},
)


def s3_client(session: boto3.Session | None = None) -> "S3Client":
    """Return an S3 client; its presigned URLs are of Signature Version 4, and name the bucket's own regional host.

    The host that serves every region redirects, which a browser's form and its content security policy do not follow.
    """
    virtual = Config(s3={"addressing_style": "virtual"})
    client = (session or boto3).client("s3", config=_CONFIG.merge(virtual))
    startup.end()
    return client


def dynamodb_client(session: boto3.Session | None = None) -> "DynamoDBClient":
    """Return a DynamoDB client."""
    client = (session or boto3).client("dynamodb", config=_CONFIG.merge(Config(signature_version="v4")))
    startup.end()
    return client


def lambda_client(session: boto3.Session | None = None) -> "LambdaClient":
    """Return a Lambda client."""
    client = (session or boto3).client("lambda", config=_CONFIG.merge(Config(signature_version="v4")))
    startup.end()
    return client
