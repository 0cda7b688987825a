"""The SDK's configuration, in one place."""

from typing import TYPE_CHECKING, Final

import boto3
from botocore.config import Config

from chalicelib import startup

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client

PATIENT: Final = Config(
    signature_version="s3v4",
    connect_timeout=3,
    read_timeout=10,
    tcp_keepalive=True,
    retries={"mode": "standard", "total_max_attempts": 4},
)
"""For functions of a minute: a call that hangs each time still leaves them time to fail, and to be retried as a whole.

So does a body that stalls, which the pipeline asks for three times."""

QUICK: Final = PATIENT.merge(
    Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 3})
)
"""For the API's function of fifteen seconds, which is to answer that AWS does not."""

_SIGNATURE: Final = Config(signature_version="v4")


def s3_client(session: boto3.Session | None = None, waits: Config | None = None) -> "S3Client":
    """Return an S3 client; its presigned URLs are of Signature Version 4, and name the bucket's own host in its region.

    The host that serves every region redirects, which a browser's form and its content security policy do not follow.
    """
    virtual = Config(s3={"addressing_style": "virtual"})
    client = (session or boto3).client("s3", config=(waits or PATIENT).merge(virtual))
    startup.end()
    return client


def dynamodb_client(session: boto3.Session | None = None, waits: Config | None = None) -> "DynamoDBClient":
    """Return a DynamoDB client."""
    client = (session or boto3).client("dynamodb", config=(waits or PATIENT).merge(_SIGNATURE))
    startup.end()
    return client


def lambda_client(session: boto3.Session | None = None, waits: Config | None = None) -> "LambdaClient":
    """Return a Lambda client."""
    client = (session or boto3).client("lambda", config=(waits or PATIENT).merge(_SIGNATURE))
    startup.end()
    return client
