"""A deployed stage as the tools for operating it reach it: its settings, its credentials, its endpoint."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import boto3

from chalicelib.settings import Settings, SettingsError
from tools.deploy import account, config
from tools.deploy.errors import DeployError

CONFIG = Path(__file__).parent.parent / ".chalice" / "config.json"


class StageError(RuntimeError):
    """A stage cannot be operated; the message says why, and what to do."""


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
            raise StageError(f"Stage {self.name} has no queue of failed events: run make deploy first.")
        return arn.rpartition(":")[2]


def chosen() -> Stage:
    """Return the stage that STAGE names, `local` unless given.

    The local stage is reached at AWS_PORT of this machine, with the emulator's credentials.

    Raises:
        StageError: There is no such stage, or it is not deployed.
    """
    name = os.environ.get("STAGE") or "local"
    try:
        stages = config.loaded(CONFIG)["stages"]
    except DeployError as error:
        raise StageError(str(error)) from error
    if name not in stages:
        raise StageError(f"STAGE is {name!r}, but must be one of {', '.join(stages)}.")
    environment = stages[name]["environment_variables"]
    try:
        settings = Settings.from_environment(environment)
    except SettingsError as error:
        raise StageError(f"Stage {name} is not deployed, run make deploy STAGE={name}: {error}.") from error
    if name != "local":
        return Stage(name, environment, settings, account.session())
    os.environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{os.environ.get('AWS_PORT') or 4566}"
    return Stage(name, environment, settings, boto3.Session("test", "test", region_name="us-east-1"))
