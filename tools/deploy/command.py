"""What the commands `make deploy`, `make destroy` and `make token` share: what they are given, and how they end."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from tools.deploy.errors import DeployError, explained


@contextmanager
def told(interrupted: str) -> Iterator[None]:
    """End the process in words where it would end in a traceback.

    Args:
        interrupted: What to say after Ctrl-C.
    """
    try:
        yield
    except DeployError as error:
        sys.exit(str(error))
    except (BotoCoreError, ClientError) as error:
        sys.exit(explained(error))
    except KeyboardInterrupt:
        sys.exit(f"\n{interrupted}")


def poll_seconds() -> float:
    """Return the time between looks at CloudFormation.

    Raises:
        DeployError: POLL_SECONDS is no number of seconds.
    """
    given = os.environ.get("POLL_SECONDS") or "2"
    try:
        seconds = float(given)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= 60:  # nor is NaN
        raise DeployError(f"POLL_SECONDS is {given!r}, but must be a number from 0 to 60.")
    return seconds
