"""The steps of a deploy, in order. Every step may be repeated."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from tools.account import Account, current_account
from tools.chalice_config import StageConfig, read_stage, record_environment
from tools.deploy import attachments, checks, package, records, tokens
from tools.deploy.policy_changes import compare_with_deployed
from tools.deploy.stack import Stack
from tools.errors import ToolError, explain_error
from tools.policies.stage import Policy, policies

VARIABLES: Final = {"SourceBucket": "SOURCE_BUCKET", "DestBucket": "DEST_BUCKET", "Table": "TABLE_NAME"}
RECORDED: Final = VARIABLES | {"DeadLetterQueueArn": "DEAD_LETTER_QUEUE_ARN"}
"""The stack's outputs that config.json keeps, and their variables."""

_PARAMETERS: Final = {
    "SourceBucket": "SourceBucketName",
    "DestBucket": "DestBucketName",
    "Table": "TableName",
}
_NOT_YET: Final = "made-by-the-stack"  # a valid name, so that a dry run can show the policies


@dataclass
class Deployment:
    """One deploy of one stage.

    Attributes:
        project: The folder of app.py and .chalice.
        session: Makes the clients.
        name: The stage.
        parameters: Parameters of the stack to set. Others keep the value that they were last given.
        dry_run: Print what would change, and change nothing.
    """

    project: Path
    session: boto3.Session
    name: str
    parameters: dict[str, str]
    dry_run: bool = False

    def run(self) -> None:
        """Take the steps, one after the other.

        Raises:
            ToolError: A step failed; the message says which, why, and how to continue.
        """
        steps: list[tuple[str, Callable[[], None]]] = [
            ("Check credentials, region and stage", self.check),
            ("Buckets, table and alarms (CloudFormation)", self.change_infrastructure),
            ("The stage's environment in .chalice/config.json", self.record_environment),
            ("Policies of the functions' roles", self.write_policies),
            ("The app (chalice deploy)", self.deploy_app),
            ("Retries, failed events, request limits and headers", self.attach),
            ("Uploads from the gallery (CORS of the source bucket)", self.allow_uploads),
        ]
        for number, (title, step) in enumerate(steps, 1):
            print(f"[{number}/{len(steps)}] {title}", flush=True)
            try:
                step()
            except (ToolError, BotoCoreError, ClientError) as error:
                why = str(error) if isinstance(error, ToolError) else explain_error(error)
                if number > 1:
                    why = (
                        f"Step {number} ({title}) failed: {why}\nThe steps before it are done. "
                        f"Correct the cause, then `make deploy STAGE={self.name}` continues."
                    )
                raise ToolError(why) from error

    def check(self) -> None:
        """Refuse what cannot or must not be deployed."""
        checks.require_deployable(self.stage)
        if "UploadOrigins" in self.parameters:
            raise ToolError(
                "UploadOrigins cannot be given in PARAMETERS, since the last step sets it: name the other sites in "
                f"API_CORS_ORIGINS, in the environment_variables of {self.name} in .chalice/config.json."
            )
        given = {VARIABLES[logical]: self.parameters.get(name) for logical, name in _PARAMETERS.items()}
        checks.require_valid_settings(self.stage, {name: value for name, value in given.items() if value})
        checks.require_same_account(self.project, self.stage, self.account)
        checks.require_concurrency(self.session, self.stage)
        self._find_policies()
        print(f"  account {self.account.identifier}, region {self.account.region}, as {self.account.caller}")

    def change_infrastructure(self) -> None:
        """Bring the stack in line with the template. A new stack takes up what an earlier `make destroy` kept."""
        parameters = {"AppName": f"{self.stage.app}-{self.name}"} | self.parameters
        if self.stack.is_half_created():
            print(
                f"  The creation of the stack {self.stack.name} failed: what is left of it is deleted first."
            )
            if self.dry_run:
                return
            self.stack.delete()
        names = {}
        if not self.stack.exists():
            recorded = {logical: self.stage.environment.get(name, "") for logical, name in VARIABLES.items()}
            names = {
                logical: self.parameters.get(_PARAMETERS[logical]) or name
                for logical, name in recorded.items()
            }
            names = {logical: name for logical, name in names.items() if name}
            parameters |= {_PARAMETERS[logical]: name for logical, name in names.items()}
        self._change_stack(parameters, names)

    def record_environment(self) -> None:
        """Record the stack's outputs; make the tokens at the first deploy."""
        outputs = self.stack.outputs()
        found = {variable: outputs.get(output, _NOT_YET) for output, variable in RECORDED.items()}
        needs_tokens = tokens.needs_tokens(self.stage.environment)
        if self.dry_run:
            differing = {
                name: value for name, value in found.items() if self.stage.environment.get(name) != value
            }
            _print_changes(f"{name} = {value}" for name, value in differing.items())
            _print_changes(["new tokens of the API"] if needs_tokens else [])
            return
        _print_changes(record_environment(self.project, self.name, found))
        if needs_tokens:
            record_environment(self.project, self.name, tokens.make_first_tokens())

    def write_policies(self) -> None:
        """Write the policies that the code needs, and print how they differ from the deployed ones."""
        client = self.session.client("iam")
        needed = self._find_policies()
        _print_changes(line for policy in needed for line in compare_with_deployed(client, policy))
        for policy in needed if not self.dry_run else ():
            (self.project / ".chalice" / policy.file).write_text(policy.text())

    def deploy_app(self) -> None:
        """Deploy the functions and the REST API."""
        api = records.find_unrecorded_api(self.project, self.session, self.stage)
        if api:
            _print_changes([f"< the REST API {api}, which is not recorded"])
        if self.dry_run:
            verb = "update" if api or records.read_deployed(self.project, self.name) else "create"
            _print_changes(
                f"{verb} {self.stage.function_name(function)}" for function in self.stage.functions
            )
            _print_changes([f"{verb} the REST API {self.stage.app}"])
            return
        if api:
            records.record_api(self.project, self.name, api, self.account.region)
        self._make_log_groups()
        package.build(self.project, self.stage.architecture)
        run_chalice(self.project, "deploy", self.name, self.account.region)

    def attach(self) -> None:
        """Set what Chalice does not."""
        if self.dry_run:
            _print_changes(["retries and the dead-letter queue", "request limits and headers of the API"])
            return
        functions = self.session.client("lambda")
        prefix = self.stage.function_name("compress").removesuffix("compress")
        _print_changes(
            attachments.retry_events(functions, prefix, self.stack.outputs()["DeadLetterQueueArn"])
        )
        _print_changes([attachments.allow_recursion(functions, self.stage.function_name("sweep"))])
        deployed = records.read_deployed(self.project, self.name)["rest_api"]
        api, api_stage = deployed["rest_api_id"], urlsplit(deployed["rest_api_url"]).path.strip("/")
        gateway = self.session.client("apigateway")
        signs = self.stage.environment.get("API_AUTH") == "iam"
        limits = (self.stage.requests_per_second, self.stage.burst)
        _print_changes(
            [
                attachments.complete_gateway_responses(
                    gateway, api, api_stage, self._other_sites(), signs=signs
                ),
                attachments.limit_requests(gateway, api, api_stage, *limits),
            ]
        )

    def allow_uploads(self) -> None:
        """Let pages of the API itself and of API_CORS_ORIGINS upload. Only now is the API's address known."""
        deployed = records.read_deployed(self.project, self.name)
        if "rest_api" not in deployed or not self.stack.exists():
            _print_changes(["uploads from pages of the API, whose address is known when it is deployed"])
            return
        url = urlsplit(deployed["rest_api"]["rest_api_url"])
        origins = [f"{url.scheme}://{url.netloc}", *self._other_sites()]
        self._change_stack({"UploadOrigins": ",".join(origins)})

    @property
    def stage(self) -> StageConfig:
        """The stage as config.json describes it now."""
        return read_stage(self.project, self.name)

    @cached_property
    def account(self) -> Account:
        """The account that is deployed to."""
        return current_account(self.session)

    @cached_property
    def stack(self) -> Stack:
        """The stage's stack."""
        return open_stack(self.project, self.session, self.stage)

    def _find_policies(self) -> list[Policy]:
        environment = dict.fromkeys(RECORDED.values(), _NOT_YET) | dict(self.stage.environment)
        return policies(self.project, self.name, self.account, environment)

    def _other_sites(self) -> list[str]:
        return [each for each in self.stage.environment.get("API_CORS_ORIGINS", "").split(",") if each]

    def _change_stack(self, parameters: dict[str, str], names: dict[str, str] | None = None) -> None:
        change_set = self.stack.plan(parameters, names or {})
        _print_changes(change_set.changes if change_set else ["no change"])
        if change_set and self.dry_run:
            self.stack.discard(change_set)
        elif change_set:
            self.stack.apply(change_set)

    def _make_log_groups(self) -> None:
        """Make the functions' log groups: Chalice takes a group of a longer name for the one that it looks for.

        The group of the API's function belongs to the stack.
        """
        client = self.session.client("logs")
        own = f"/aws/lambda/{self.stage.function_name('api_handler')}"
        for group in self.stage.log_groups():
            try:
                if group != own:
                    client.create_log_group(logGroupName=group)
            except client.exceptions.ResourceAlreadyExistsException:
                continue


def open_stack(project: Path, session: boto3.Session, stage: StageConfig) -> Stack:
    """Return the stack of a stage, whether it exists or not."""
    template = (project / ".chalice" / "infrastructure.yaml").read_text()
    return Stack(session.client("cloudformation"), f"{stage.app}-{stage.name}", template)


def run_chalice(project: Path, command: str, stage: str, region: str) -> None:
    """Run Chalice's own command line, and show its output.

    Raises:
        ToolError: It failed; its output says why.
    """
    environment = os.environ | {
        "AWS_DEFAULT_REGION": region,
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    binary = Path(sys.executable).parent / "chalice"
    result = subprocess.run([binary, command, "--stage", stage], cwd=project, env=environment, check=False)
    if result.returncode:
        raise ToolError(f"`chalice {command} --stage {stage}` failed; its own message is above.")


def _print_changes(changes: Iterable[str]) -> None:
    for line in changes:
        print(f"  {line}")
