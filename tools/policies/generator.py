"""The policies of a stage: what its functions do, and what Lambda does for them."""

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from chalice.config import Config

from tools.policies import handlers
from tools.policies.analysis import Analysis, Handler
from tools.policies.arns import Account
from tools.policies.errors import PolicyError
from tools.policies.grants import Grant, document, grants
from tools.policies.source import Source

_ON_FAILURE: Final[Mapping[str, str]] = {
    "events": "events:PutEvents",
    "lambda": "lambda:InvokeFunction",
    "sns": "sns:Publish",
    "sqs": "sqs:SendMessage",
}
"""The action with which Lambda hands a failed event on, by the service that it goes to."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy of one function.

    Attributes:
        function: What config.json calls the function.
        role: The role that Chalice makes for it, and the name of the policy in it.
        file: Its `iam_policy_file`, in `.chalice`.
        grants: What it allows.
    """

    function: str
    role: str
    file: str
    grants: frozenset[Grant]

    def text(self) -> str:
        """Return it as it stands in its file."""
        return json.dumps(document(self.grants), indent=2) + "\n"


@dataclass(frozen=True, slots=True)
class Project:
    """A Chalice app in a folder, with what pyproject.toml says in `[tool.policies]`.

    Attributes:
        folder: The folder of app.py, chalicelib and .chalice.
        on_failure: By function, the variable that holds the ARN of what its failed events go to.
        log_groups: Functions whose log group is made before them, by something else than Chalice.
        emulated: By stage, account and region of an emulated AWS that it is deployed to.
    """

    folder: Path
    on_failure: Mapping[str, str] = field(default_factory=dict)
    log_groups: frozenset[str] = frozenset()
    emulated: Mapping[str, Account] = field(default_factory=dict)

    def policies(
        self, stage: str, account: Account, environment: Mapping[str, str] | None = None
    ) -> list[Policy]:
        """Return the policies of a stage's functions.

        Args:
            stage: Its name in config.json.
            account: Where it is deployed.
            environment: Variables that config.json does not have yet.

        Raises:
            PolicyError: Something in the code or in config.json cannot be followed; the message lists it all.
        """
        source = Source(self.folder)
        found: list[Policy] = []
        problems: dict[str, None] = {}
        for function, entries in handlers.functions(source).items():
            config = self._config(stage, function)
            try:
                found.append(self._policy(source, config, entries, account, environment or {}))
            except ExceptionGroup as group:
                problems |= {str(problem): None for problem in group.exceptions}
        if problems:
            raise PolicyError("\n".join(sorted(problems)))
        return found

    def write(self, policies: Iterable[Policy]) -> None:
        """Write policies to their files."""
        for policy in policies:
            (self.folder / ".chalice" / policy.file).write_text(policy.text())

    def _policy(
        self,
        source: Source,
        config: Config,
        entries: list[Handler],
        account: Account,
        more: Mapping[str, str],
    ) -> Policy:
        name = f"{config.app_name}-{config.chalice_stage}"
        on_aws = name if config.function_name == handlers.API else f"{name}-{config.function_name}"
        environment = {**config.environment_variables, **more, **_by_lambda(on_aws, account)}
        calls, unclear = Analysis(source, environment, on_aws).run(entries)
        problems = [PolicyError(text) for text in unclear]
        allowed = set(self._platform(config, on_aws, self._destination(config, environment), account))
        for call in calls:
            try:
                allowed |= set(grants(call, account))
            except PolicyError as problem:
                problems.append(problem)
        if problems:
            raise ExceptionGroup(f"{config.function_name} cannot be followed", problems)
        role = f"{name}-{config.function_name}"
        return Policy(config.function_name, role, config.iam_policy_file, frozenset(allowed))

    def _config(self, stage: str, function: str) -> Config:
        whole: dict[str, Any] = json.loads((self.folder / ".chalice" / "config.json").read_text())
        if stage not in whole["stages"]:
            raise PolicyError(f"config.json has no stage {stage!r}, only {', '.join(whole['stages'])}.")
        config = Config(stage, function, config_from_disk=whole)
        if config.autogen_policy or not config.iam_policy_file:
            raise PolicyError(
                f"config.json gives the function {function} of {stage} no policy of its own: "
                f'set "autogen_policy": false, and its "iam_policy_file".'
            )
        return config

    def _destination(self, config: Config, environment: Mapping[str, str]) -> str | None:
        variable = self.on_failure.get(config.function_name)
        if variable and not environment.get(variable):
            raise ExceptionGroup(
                "", [PolicyError(f"{variable} is not set for the stage {config.chalice_stage}.")]
            )
        return environment[variable] if variable else None

    def _platform(
        self, config: Config, on_aws: str, destination: str | None, account: Account
    ) -> Iterator[Grant]:
        """Yield what Lambda itself does with a function's role: write its log, hand failed events on."""
        group = account.arn("logs", f"log-group:/aws/lambda/{on_aws}")
        # The group that Chalice makes for the API has another name than its function.
        by_chalice = config.log_retention_in_days and config.function_name != handlers.API
        if not by_chalice and config.function_name not in self.log_groups:
            yield Grant("logs:CreateLogGroup", group)
        yield Grant("logs:CreateLogStream", f"{group}:*")
        yield Grant("logs:PutLogEvents", f"{group}:*")
        if destination:
            service = destination.split(":")[2] if destination.startswith("arn:") else "sqs"
            yield Grant(_ON_FAILURE[service], destination)


def read(folder: Path) -> Project:
    """Return the project in a folder."""
    path = folder / "pyproject.toml"
    settings = tomllib.loads(path.read_text()).get("tool", {}).get("policies", {}) if path.is_file() else {}
    emulated = {stage: Account("aws", *where) for stage, where in settings.get("emulated", {}).items()}
    log_groups = frozenset(settings.get("log_groups", ()))
    return Project(folder, settings.get("on_failure", {}), log_groups, emulated)


def _by_lambda(on_aws: str, account: Account) -> Mapping[str, str]:
    """Return the variables that Lambda sets itself."""
    region = account.region
    return {"AWS_DEFAULT_REGION": region, "AWS_LAMBDA_FUNCTION_NAME": on_aws, "AWS_REGION": region}
