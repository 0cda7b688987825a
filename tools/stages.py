"""A deployed stage as the tools for operating it use it: its settings and its credentials."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import boto3

from chalicelib.settings import Settings, SettingsError
from tools.account import new_session
from tools.chalice_config import read_stage
from tools.errors import ToolError

PROJECT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage's environment variables, the settings that they make, and a session of its account."""

    name: str
    environment: Mapping[str, str]
    settings: Settings
    session: boto3.Session

    @property
    def dead_letter_queue(self) -> str:
        """Name of the queue of failed events."""
        arn = self.environment.get("DEAD_LETTER_QUEUE_ARN", "")
        if not arn:
            raise ToolError(f"Stage {self.name} has no queue of failed events: run make deploy first.")
        return arn.rpartition(":")[2]


def choose_stage() -> Stage:
    """Return the stage that STAGE names, `local` unless given.

    The local stage is reached at AWS_PORT of this machine, with the emulator's credentials.

    Raises:
        ToolError: There is no such stage, or it is not deployed.
    """
    name = os.environ.get("STAGE") or "local"
    environment = read_stage(PROJECT, name).environment
    try:
        settings = Settings.from_environment(environment)
    except SettingsError as error:
        raise ToolError(f"Stage {name} is not deployed, run make deploy STAGE={name}: {error}.") from error
    if name != "local":
        return Stage(name, environment, settings, new_session())
    os.environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{os.environ.get('AWS_PORT') or 4566}"
    return Stage(name, environment, settings, boto3.Session("test", "test", region_name="us-east-1"))
