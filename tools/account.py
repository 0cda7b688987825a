"""The AWS account and region that a command works on."""

import os
from dataclasses import dataclass

import boto3
from botocore.exceptions import NoRegionError


@dataclass(frozen=True, slots=True)
class Account:
    """An account and a region.

    Attributes:
        identifier: The account's id.
        region: The region.
        caller: The ARN of the user or role whose credentials are used.
        partition: `aws`, or another partition of AWS.
    """

    identifier: str
    region: str
    caller: str
    partition: str = "aws"

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource of this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.identifier}:{resource}"


def new_session() -> boto3.Session:
    """Return a session for AWS_REGION, which botocore does not read, or for the region that botocore finds.

    Its clients repeat throttled calls for about a minute, and so does Chalice, which inherits the environment:
    API Gateway accepts one CreateDeployment in five seconds.
    """
    os.environ.setdefault("AWS_RETRY_MODE", "standard")
    os.environ.setdefault("AWS_MAX_ATTEMPTS", "10")
    return boto3.Session(region_name=os.environ.get("AWS_REGION") or None)


def current_account(session: boto3.Session) -> Account:
    """Return the account of the session's credentials.

    Raises:
        BotoCoreError: There are no credentials, or no region.
        ClientError: AWS does not accept them.
    """
    if not session.region_name:
        raise NoRegionError
    identity = session.client("sts").get_caller_identity()
    partition = identity["Arn"].split(":")[1]
    return Account(identity["Account"], session.region_name, identity["Arn"], partition)
