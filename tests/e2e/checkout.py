"""A copy of the project with an empty AWS account of its own, in which the commands of a deploy run."""

import json
import re
import shutil
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import boto3

from tests.e2e.deployer_policy import Call, call_of
from tests.fixtures.events import proxied
from tests.fixtures.processes import Result, python
from tools.local_stack import emulated_aws, free_port
from tools.server import PROJECT

RESERVED = 7
"""The concurrency that the function compress of the stage dev reserves."""


def succeeded(result: Result) -> Result:
    assert result.returncode == 0, result.stdout + result.stderr
    return result


@dataclass(frozen=True)
class Checkout:
    """The copy and its account.

    Attributes:
        folder: Where the copy is.
        environment: The environment of every command.
        calls: The operations of AWS that any command has called.
    """

    folder: Path
    environment: Mapping[str, str]
    calls: set[Call]

    def run(self, module: str, **variables: str) -> Result:
        environment = {**self.environment, "STAGE": "dev", **variables}
        return python("-m", module, folder=self.folder, environment=environment)

    def deploy(self, **variables: str) -> Result:
        return self.run("tools.deploy", **({"PARAMETERS": "RequireTls=no"} | variables))

    def client(self, service: str) -> Any:
        session: Any = boto3.Session("test", "test", region_name="us-east-1")
        return session.client(service, endpoint_url=self.environment["AWS_ENDPOINT_URL"])

    def variables(self) -> dict[str, str]:
        config = json.loads((self.folder / ".chalice" / "config.json").read_text())
        found: dict[str, str] = config["stages"]["dev"]["environment_variables"]
        return found

    def deployed(self, name: str) -> Any:
        """Return a resource of Chalice's record."""
        record = json.loads((self.folder / ".chalice" / "deployed" / "dev.json").read_text())
        (found,) = [each for each in record["resources"] if each["name"] == name]
        return found

    def get(self, path: str, token: str | None) -> int:
        """Call a GET route of the deployed API, as API Gateway does, and return the status."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        event = json.dumps(proxied("GET", path, headers=headers)).encode()
        answer = self.client("lambda").invoke(FunctionName="imagepress-dev", Payload=event)
        status: int = json.loads(answer["Payload"].read())["statusCode"]
        return status

    @contextmanager
    def edit(self, name: str, old: str, new: str) -> Iterator[None]:
        """Replace text in a file for a while."""
        path = self.folder / name
        before = path.read_text()
        assert old in before
        path.write_text(before.replace(old, new, 1))
        try:
            yield
        finally:
            path.write_text(before)


def tokens(shown: str) -> dict[str, str]:
    return dict(re.findall(r"^ +([a-z]+) +(\S{43})$", shown, re.MULTILINE))


def changes(shown: Result) -> list[str]:
    return re.findall(r"^  [+~<-] .*", shown.stdout, re.MULTILINE)


def digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def retentions(account: Checkout) -> dict[str, int | None]:
    """Return for how many days each log group is kept."""
    groups = account.client("logs").describe_log_groups()["logGroups"]
    return {each["logGroupName"]: each.get("retentionInDays") for each in groups}


@contextmanager
def empty_account(folder: Path) -> Iterator[Checkout]:
    """Copy the project to a folder, and start an empty account."""
    ignored = shutil.ignore_patterns(".*", "build", "bench", "__pycache__", "tests")
    shutil.copytree(PROJECT, folder, ignore=ignored, dirs_exist_ok=True)
    shutil.copytree(PROJECT / ".chalice", folder / ".chalice", ignore=shutil.ignore_patterns("deploy*"))
    path = folder / ".chalice" / "config.json"
    config = json.loads(path.read_text())
    config["stages"]["dev"]["lambda_functions"]["compress"]["reserved_concurrency"] = RESERVED
    path.write_text(json.dumps(config))
    with emulated_aws(free_port()) as (_, environment, _), _recorded_calls() as (recording, calls):
        yield Checkout(folder, {**environment, **recording}, calls)


@contextmanager
def _recorded_calls() -> Iterator[tuple[dict[str, str], set[Call]]]:
    """Collect the calls that botocore's client-side monitoring reports, from whatever process."""
    calls: set[Call] = set()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))

        def collect() -> None:
            while data := receiver.recv(65_536):
                event = json.loads(data)
                if event["Type"] == "ApiCall":
                    calls.add(call_of(event))

        thread = threading.Thread(target=collect, daemon=True)
        thread.start()
        host, port = receiver.getsockname()
        yield {"AWS_CSM_ENABLED": "true", "AWS_CSM_HOST": host, "AWS_CSM_PORT": str(port)}, calls
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"", (host, port))
        thread.join(10)
