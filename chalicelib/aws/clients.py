"""The clients of AWS: their time-outs, their signatures, one of each for a process."""

from functools import cache
from typing import TYPE_CHECKING, Final

import boto3
from botocore.config import Config

from chalicelib import startup

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

PATIENT: Final = Config(
    signature_version="s3v4",
    connect_timeout=3,
    read_timeout=10,
    tcp_keepalive=True,
    retries={"mode": "standard", "total_max_attempts": 4},
)
"""For functions of a minute: even if each attempt times out, the function has time to fail and to be retried.

This also holds for a body that stalls, which the pipeline reads up to three times."""

QUICK: Final = PATIENT.merge(
    Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2})
)
"""For the API's function of fifteen seconds, which must have time to answer 503."""

OLDEST_BOTO3: Final = (1, 35, 69)
"""The first version whose PutObject has `IfMatch`. Lambda's runtime brings a version of its own."""

_SIGNATURE: Final = Config(signature_version="v4")


@cache
def s3_client(waits: Config = PATIENT, session: boto3.Session | None = None) -> "S3Client":
    """Return an S3 client. Its presigned URLs use Signature Version 4 and the bucket's own host in its region.

    The host that serves every region redirects, which a browser's form and its content security policy do not follow.
    """
    if tuple(int(part) for part in boto3.__version__.split(".")[:3]) < OLDEST_BOTO3:
        oldest = ".".join(map(str, OLDEST_BOTO3))
        raise RuntimeError(
            f"boto3 must be {oldest} or newer; got {boto3.__version__}. Use a newer runtime, or ship boto3 in vendor/."
        )
    virtual = Config(s3={"addressing_style": "virtual"})
    client = (session or boto3).client("s3", config=waits.merge(virtual))
    startup.end()
    return client


@cache
def dynamodb_client(waits: Config = PATIENT, session: boto3.Session | None = None) -> "DynamoDBClient":
    """Return a DynamoDB client."""
    client = (session or boto3).client("dynamodb", config=waits.merge(_SIGNATURE))
    startup.end()
    return client


@cache
def lambda_client(waits: Config = PATIENT, session: boto3.Session | None = None) -> "LambdaClient":
    """Return a Lambda client."""
    client = (session or boto3).client("lambda", config=waits.merge(_SIGNATURE))
    startup.end()
    return client


@cache
def sqs_client(waits: Config = PATIENT, session: boto3.Session | None = None) -> "SQSClient":
    """Return an SQS client."""
    client = (session or boto3).client("sqs", config=waits.merge(_SIGNATURE))
    startup.end()
    return client
