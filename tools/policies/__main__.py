"""`make policies`: write the policies of STAGE, `local` unless given; with `--check`, only compare them."""

import argparse
import os
import sys
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoRegionError

from tools.policies import differences, generator
from tools.policies.arns import Account
from tools.policies.errors import PolicyError

PROJECT = Path(__file__).parents[2]


def account_of(session: boto3.Session) -> Account:
    """Return where the credentials lead.

    Raises:
        BotoCoreError: There are no credentials, or no region.
        ClientError: AWS does not accept them.
    """
    region = session.region_name
    if not region:
        raise NoRegionError
    sts = session.client("sts")
    return Account(session.get_partition_for_region(region), sts.get_caller_identity()["Account"], region)


def main() -> None:
    """Write or check the policies of a stage."""
    parser = argparse.ArgumentParser(prog="python -m tools.policies", description=__doc__)
    parser.add_argument("stage", nargs="?", default=os.environ.get("STAGE") or "local")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file differs")
    given = parser.parse_args()
    try:
        project = generator.read(PROJECT)
        account = project.emulated.get(given.stage) or account_of(
            boto3.Session(region_name=os.environ.get("AWS_REGION") or None)
        )
        policies = project.policies(given.stage, account)
    except (PolicyError, BotoCoreError, ClientError) as error:
        sys.exit(str(error))
    changes = [line for policy in policies for line in differences.with_file(PROJECT, policy)]
    print("\n".join(changes or [f"The policies of {given.stage} are what its code needs."]))
    if given.check:
        sys.exit(1 if changes else 0)
    project.write(policies)


if __name__ == "__main__":
    main()
