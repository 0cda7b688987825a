"""`python -m tools.deploy`: the steps of a deploy, in order. Every step may be repeated."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from tools.deploy import account, attachments, command, config, differences, gateway, package, records, tokens
from tools.deploy.errors import DeployError, explained
from tools.deploy.stack import Stack
from tools.policies.program import PolicyError
from tools.policies.stage import Policy, policies

PROJECT = Path(__file__).parents[2]
VARIABLES = {"SourceBucket": "SOURCE_BUCKET", "DestBucket": "DEST_BUCKET", "Table": "TABLE_NAME"}
RECORDED = VARIABLES | {"DeadLetterQueueArn": "DEAD_LETTER_QUEUE_ARN"}
_NAMES = {"SourceBucket": "SourceBucketName", "DestBucket": "DestBucketName", "Table": "TableName"}
_NOT_YET = "made-by-the-stack"  # where the stack will say; a name, so that policies can be foreseen


@dataclass
class Deployment:
    """One deploy of one stage.

    Attributes:
        project: The folder of app.py and .chalice.
        session: Makes the clients.
        name: The stage.
        parameters: Of the CloudFormation stack, to set now; others stay as they were last given.
        dry_run: Say what would change, and change nothing.
        poll_seconds: Time between looks at CloudFormation.
    """

    project: Path
    session: boto3.Session
    name: str
    parameters: dict[str, str]
    dry_run: bool = False
    poll_seconds: float = 2

    def steps(self) -> list[tuple[str, Callable[[], None]]]:
        """Return the steps in order, each with its title."""
        return [
            ("Check credentials, region and stage", self.check),
            ("Buckets, table and what watches them (CloudFormation)", self.infrastructure),
            ("The stage's environment in .chalice/config.json", self.environment),
            ("Policies of the functions' roles", self.policies),
            ("The app (chalice deploy)", self.app),
            ("Retries, failed events, request limits and headers", self.attachments),
            ("Uploads from the gallery (CORS of the source bucket)", self.uploads),
        ]

    def check(self) -> None:
        """Refuse what cannot or must not be deployed."""
        account.require_deployable(self.stage)
        named = {VARIABLES[output]: self.parameters.get(name, "") for output, name in _NAMES.items()}
        config.require_valid_settings(self.stage, {name: value for name, value in named.items() if value})
        account.require_same_account(self.project, self.stage, self.account)
        account.require_concurrency(self.session, self.stage)
        self._require_own_parameters()
        self._needed_policies()
        print(f"  account {self.account.identifier}, region {self.account.region}, as {self.account.caller}")

    def infrastructure(self) -> None:
        """Bring the stack in line with the template, and with what an earlier `make destroy` kept."""
        if kept := self._kept():
            _tell([f"< {logical}: taking up {name}, which was kept" for logical, name in kept.items()])
            names = {_NAMES[logical]: name for logical, name in kept.items()}
            if not self.dry_run:
                self.stack.adopt(kept, names | self.parameters)
        if self.dry_run and self.stack.status() is None:
            # A change set of a stack that does not exist would leave an empty one behind.
            _tell(self.stack.resources(kept))
            return
        self._change_stack({"AppName": f"{self.stage.app}-{self.name}"} | self.parameters)

    def environment(self) -> None:
        """Record the stack's outputs; make the tokens at the first deploy."""
        found = {RECORDED[name]: value for name, value in self.stack.outputs().items() if name in RECORDED}
        if self.dry_run:
            found = dict.fromkeys(RECORDED.values(), _NOT_YET) | found
            changes = [f"{name} = {value}" for name, value in found.items() if self._differs(name, value)]
            _tell(changes + [f"a new {role} token" for role in tokens.missing(self.stage.environment)])
            return
        changes = config.record(self._config, self.name, found)
        if roles := tokens.missing(self.stage.environment):
            made = tokens.new(roles)
            # Before it is recorded: a token in force that nobody was shown would lock everybody out.
            print(made.shown(), flush=True)
            config.record(self._config, self.name, made.digests())
        _tell(changes)

    def policies(self) -> None:
        """Write the policies that the code needs, and tell what that changes in those that are deployed."""
        needed = self._needed_policies()
        client = self.session.client("iam")
        _tell([line for policy in needed for line in differences.with_deployed(client, policy)])
        if not self.dry_run:
            for policy in needed:
                (self.project / ".chalice" / policy.file).write_text(policy.text())

    def app(self) -> None:
        """Deploy the functions and the REST API."""
        names = [self.stage.function_name(function) for function in self.stage.functions]
        if api := records.unrecorded_api(self.project, self.session, self.stage):
            _tell([f"< the REST API {api}: taking it up, although no record names it"])
        if self.dry_run:
            verb = "update" if records.deployed(self.project, self.name) or api else "create"
            _tell([f"{verb} {name}" for name in names] + [f"{verb} the REST API {self.stage.app}"])
            return
        if api:
            url = f"https://{api}.execute-api.{self.account.region}.amazonaws.com/api/"  # until Chalice tells
            records.record_api(self.project, self.name, api, url)
        package.build(self.project, self.stage.architecture)
        chalice(self.project, "deploy", self.name, self.account.region)

    def attachments(self) -> None:
        """Set what Chalice does not."""
        if self.dry_run:
            _tell(
                [
                    f"retries and the queue of failed events of {', '.join(attachments.ASYNCHRONOUS)}",
                    "request limits of the API, and headers of the answers that API Gateway makes itself",
                ]
            )
            return
        deployed = records.deployed(self.project, self.name)
        prefix = self.stage.function_name("compress").removesuffix("compress")
        queue_arn = self.stack.outputs()["DeadLetterQueueArn"]
        for line in attachments.retry_events(self.session.client("lambda"), prefix, queue_arn):
            print(f"  {line}")
        sweep = self.stage.function_name("sweep")
        print("  " + attachments.allow_continuing(self.session.client("lambda"), sweep))
        api = deployed["rest_api"]["rest_api_id"]
        api_stage = urlsplit(deployed["rest_api"]["rest_api_url"]).path.strip("/")
        client = self.session.client("apigateway")
        print("  " + gateway.complete_answers(client, api, api_stage, self._other_sites()))
        limits = (self.stage.requests_per_second, self.stage.burst)
        print("  " + attachments.limit_requests(client, api, api_stage, *limits))

    def uploads(self) -> None:
        """Let pages of the API itself, and of API_CORS_ORIGINS, upload: the API's origin is known only now."""
        if self.dry_run and not (self._origins() and self.stack.exists()):
            _tell(["uploads from pages of the API, whose address is known when it is deployed"])
            return
        self._change_stack({"UploadOrigins": ",".join(self._origins())})

    @property
    def stage(self) -> config.Stage:
        """The stage as config.json describes it now."""
        return config.read(self._config, self.name)

    @cached_property
    def account(self) -> account.Account:
        """Where this goes."""
        return account.current(self.session)

    @cached_property
    def stack(self) -> Stack:
        """The stage's stack."""
        return Stack(
            self.session.client("cloudformation"),
            f"{self.stage.app}-{self.name}",
            (self.project / ".chalice" / "infrastructure.yaml").read_text(),
            poll_seconds=self.poll_seconds,
        )

    @property
    def _config(self) -> Path:
        return self.project / ".chalice" / "config.json"

    def _require_own_parameters(self) -> None:
        if "UploadOrigins" in self.parameters:
            raise DeployError(
                "UploadOrigins cannot be given in PARAMETERS, since the last step sets it: name the other sites in "
                f"API_CORS_ORIGINS, in the environment_variables of {self.name} in .chalice/config.json."
            )
        self.stack.check(self.parameters)

    def _needed_policies(self) -> list[Policy]:
        environment = dict.fromkeys(RECORDED.values(), _NOT_YET) | dict(self.stage.environment)
        try:
            return policies(self.project, self.name, self.account, environment)
        except PolicyError as error:
            raise DeployError(f"What the code may call cannot be told:\n{error}") from error

    def _origins(self) -> list[str]:
        own = records.deployed(self.project, self.name).get("rest_api", {}).get("rest_api_url", "")
        url = urlsplit(own)
        return [f"{url.scheme}://{url.netloc}"] * bool(own) + self._other_sites()

    def _other_sites(self) -> list[str]:
        return [each for each in self.stage.environment.get("API_CORS_ORIGINS", "").split(",") if each]

    def _differs(self, name: str, value: str) -> bool:
        return self.stage.environment.get(name) != value

    def _change_stack(self, parameters: dict[str, str]) -> None:
        change_set = self.stack.plan(parameters)
        _tell(change_set.changes if change_set else [])
        if change_set and self.dry_run:
            self.stack.discard(change_set)
        elif change_set:
            self.stack.apply(change_set)

    def _kept(self) -> dict[str, str]:
        """Return the buckets and the table that an earlier `make destroy` kept, by their output's name."""
        if self.stack.exists():
            return {}
        recorded = {name: self.stage.environment.get(variable) for name, variable in VARIABLES.items()}
        return {name: value for name, value in recorded.items() if value and self._exists(name, value)}

    def _exists(self, output: str, name: str) -> bool:
        try:
            if output == "Table":
                self.session.client("dynamodb").describe_table(TableName=name)
            else:
                self.session.client("s3").head_bucket(
                    Bucket=name, ExpectedBucketOwner=self.account.identifier
                )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in {"404", "NoSuchBucket", "ResourceNotFoundException"}:
                return False
            if code == "403":  # which says no more
                raise DeployError(_forbidden(name, VARIABLES[output], self.account)) from error
            raise
        return True


def _forbidden(bucket: str, variable: str, account: account.Account) -> str:
    return (
        f"The bucket {bucket}, which is {variable} in .chalice/config.json, may not be looked at (403): either "
        f"{account.caller} lacks s3:ListBucket on it, or it is not of account {account.identifier}. Give that "
        "permission, or choose the AWS_PROFILE of the account that has the bucket. Only if its images are "
        f"not wanted any more, remove {variable}: the stack then makes a new bucket."
    )


def chalice(project: Path, command: str, stage: str, region: str) -> None:
    """Run Chalice's own command line, its output shown as it comes.

    Raises:
        DeployError: It failed; it has said why.
    """
    environment = os.environ | {
        "AWS_DEFAULT_REGION": region,
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    binary = Path(sys.executable).parent / "chalice"
    result = subprocess.run([binary, command, "--stage", stage], cwd=project, env=environment, check=False)
    if result.returncode:
        raise DeployError(f"`chalice {command} --stage {stage}` failed; its own words are above.")


def run(deployment: Deployment) -> None:
    """Take the steps, one after the other.

    Raises:
        DeployError: A step failed; the message says which, why, and how to go on.
    """
    steps = deployment.steps()
    for number, (title, step) in enumerate(steps, 1):
        print(f"[{number}/{len(steps)}] {title}", flush=True)
        try:
            step()
        except DeployError as error:
            raise DeployError(_stopped(number, title, str(error), deployment)) from error
        except (BotoCoreError, ClientError) as error:
            raise DeployError(_stopped(number, title, explained(error), deployment)) from error


def _stopped(number: int, title: str, why: str, deployment: Deployment) -> str:
    if number == 1:
        return why
    again = f"make deploy STAGE={deployment.name}"
    return f"Step {number} ({title}) failed: {why}\nThe steps before it are done. When it is put right, `{again}` goes on."


def parsed(text: str) -> dict[str, str]:
    """Return the stack's parameters from `Name=value Name=value`.

    Raises:
        DeployError: It is not written so.
    """
    pairs = [word.partition("=") for word in text.split()]
    if any(not sign for _, sign, _ in pairs):
        raise DeployError(f"PARAMETERS is {text!r}, but must be Name=value, with spaces between several.")
    return {name: value for name, _, value in pairs}


def _tell(changes: list[str]) -> None:
    for line in changes or ["no change"]:
        print(f"  {line}")


def main() -> None:
    """Deploy STAGE."""
    with command.told("Stopped. Run it again to go on: every step may be repeated."):
        stage = os.environ.get("STAGE") or ""
        if not stage:
            raise DeployError("Say which stage: make deploy STAGE=dev, or STAGE=prod.")
        deployment = Deployment(
            PROJECT,
            account.session(),
            stage,
            parsed(os.environ.get("PARAMETERS", "")),
            dry_run=os.environ.get("DRY_RUN", "") not in {"", "0", "no"},
            poll_seconds=command.poll_seconds(),
        )
        run(deployment)
    if deployment.dry_run:
        print("Nothing was changed.")
        return
    api = records.deployed(PROJECT, stage)["rest_api"]["rest_api_url"]
    print(f"Deployed.\n  upload to  s3://{deployment.stage.environment['SOURCE_BUCKET']}\n  API        {api}")


if __name__ == "__main__":
    main()
