"""AWS on this machine: the emulator, the stack of infrastructure.yaml, the deployed app and its API."""

import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

import boto3
from botocore.exceptions import WaiterError
from botocore.loaders import create_loader

from chalicelib.settings import Settings
from tools import rescue
from tools.deploy.attachments import retry_events
from tools.server import PROJECT, Server, StackError, last_lines, running_server

DEAD_LETTERS_ARN = "arn:aws:sqs:us-east-1:000000000000:imagepress-local-dead-letters"
_SERVICES = "s3,dynamodb,lambda,iam,sts,logs,apigateway,sqs,cloudformation,cloudwatch,events"
_BIN = Path(sys.executable).parent
_LAYERS = PROJECT / "build" / "layers"
"""Packages of the layer that former runs have made: each takes seconds."""


@dataclass(frozen=True, slots=True)
class LocalStack:
    """A running local stack.

    Attributes:
        endpoint: URL of the emulated AWS.
        api: URL of the REST API.
        session: Makes clients of the emulated AWS; pass them `endpoint_url=endpoint`.
        servers: The processes.
    """

    endpoint: str
    api: str
    session: boto3.Session
    servers: tuple[Server, ...]

    def require_running(self) -> None:
        """Raise unless all processes run.

        Raises:
            StackError: One ended.
        """
        for server in self.servers:
            server.require_running()


@contextmanager
def running(aws_port: int, api_port: int, keep: Path | None = None) -> Iterator[LocalStack]:
    """Start everything, and stop it again on the way out.

    Args:
        aws_port: Port of the emulated AWS on 127.0.0.1.
        api_port: Port of the REST API on 127.0.0.1.
        keep: Folder that keeps the state of buckets and table from run to run.

    Raises:
        StackError: A port is in use, or a step failed.
    """
    if aws_port == api_port:
        raise StackError(f"AWS_PORT and PORT are both {api_port}: choose another for one of them.")
    _require_free(aws_port, "AWS_PORT")
    _require_free(api_port, "PORT")
    endpoint = f"http://127.0.0.1:{aws_port}"
    with ExitStack() as cleanup:
        aws, environment, folder = cleanup.enter_context(emulated_aws(aws_port, keep))
        session = boto3.Session("test", "test", region_name="us-east-1")
        _create_stack(session, endpoint, keep)
        project = folder / "project"
        _copy_project(project, {})
        _deploy(environment | {"TMPDIR": str(folder)}, project)
        client = session.client("lambda", endpoint_url=endpoint)
        list(retry_events(client, "imagepress-local-", DEAD_LETTERS_ARN))
        server, api = cleanup.enter_context(_served(project, environment, api_port, folder))
        yield LocalStack(endpoint, api, session, (aws, server))


@contextmanager
def served_with(stack: LocalStack, variables: Mapping[str, str]) -> Iterator[str]:
    """Serve the API of a running stack once more, with other settings; give its URL.

    Chalice takes the stage's settings from config.json alone, so the app is served from a folder with another one.
    """
    with tempfile.TemporaryDirectory(prefix="imagepress-") as name:
        project = Path(name)
        _copy_project(project, variables)
        with _served(project, _environment(stack.endpoint), free_port(), project) as (_, api):
            yield api


@contextmanager
def _served(
    project: Path, environment: Mapping[str, str], port: int, folder: Path
) -> Iterator[tuple[Server, str]]:
    """Serve the API; give its URL."""
    api = f"http://127.0.0.1:{port}"
    command: list[str | Path] = [sys.executable, "-m", "tools.serve", project, str(port)]
    with running_server("The API", command, environment, folder / "api") as server:
        server.wait_for(f"{api}/openapi.json")
        yield server, api


@contextmanager
def emulated_aws(port: int, keep: Path | None = None) -> Iterator[tuple[Server, dict[str, str], Path]]:
    """Run the emulated AWS alone; give its server, the environment that leads to it, and its folder."""
    environment = _environment(f"http://127.0.0.1:{port}")
    with (
        _lock(keep),
        tempfile.TemporaryDirectory(prefix="imagepress-", ignore_cleanup_errors=True) as name,
    ):
        folder = Path(name)
        command = [_BIN / "ministack"]
        with running_server(
            "The local AWS", command, _emulator(environment, folder, port, keep), folder
        ) as server:
            server.wait_for(f"http://127.0.0.1:{port}/_ministack/ready")
            yield server, environment | {"AWS_DATA_PATH": str(_impatient_sdk(folder))}, folder


@contextmanager
def _lock(folder: Path | None) -> Iterator[None]:
    """Let one run alone use a folder.

    Raises:
        StackError: Another run uses it.
    """
    if folder is None:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StackError(
                f"KEEP={folder} is in use by another run: stop it, or name another folder."
            ) from error
        with rescue.agreement(folder):
            yield


def _impatient_sdk(folder: Path) -> Path:
    """Return a folder of models with which the SDK does not wait for a function to start: the emulator's can run at once.

    Chalice waits for one function after the other.
    """
    loader = create_loader()
    version = loader.determine_latest_version("lambda", "waiters-2")
    model = loader.load_service_model("lambda", "waiters-2", version)
    for waiter in model["waiters"].values():
        for acceptor in waiter["acceptors"]:
            if acceptor["expected"] in {"Pending", "InProgress"}:
                acceptor["state"] = "success"
    path = folder / "models" / "lambda" / version / "waiters-2.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(model))
    return folder / "models"


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _require_free(port: int, variable: str) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise StackError(f"Port {port} is in use: choose another with {variable}=<port>.") from error


def _environment(endpoint: str) -> dict[str, str]:
    """Return this environment, without anything that leads to a real account, and without settings of the app.

    What runs in the emulator inherits it, and is to have no settings but its stage's.
    """
    settings = {field.name.upper() for field in fields(Settings)}
    own = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("AWS_") and name not in settings
    }
    return own | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "PATH": f"{_BIN}{os.pathsep}{os.environ['PATH']}",
        "PYTHONUNBUFFERED": "1",
    }


def _emulator(environment: Mapping[str, str], folder: Path, port: int, keep: Path | None) -> dict[str, str]:
    own = {name: value for name, value in environment.items() if name != "AWS_ENDPOINT_URL"}
    own |= {
        "TMPDIR": str(folder),
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.2",
        "SERVICES": _SERVICES,
    }
    if keep is None:
        return own
    keep = keep.resolve()
    return own | {
        "PERSIST_STATE": "1",
        "STATE_DIR": str(keep / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(keep / "s3"),
    }


def _create_stack(session: boto3.Session, endpoint: str, keep: Path | None) -> None:
    cloudformation = session.client("cloudformation", endpoint_url=endpoint)
    existing = [stack["StackName"] for stack in cloudformation.describe_stacks()["Stacks"]]
    if "imagepress-local" in existing:
        return
    if keep:
        rescue.take_out(session.client("s3", endpoint_url=endpoint), keep / rescue.FOLDER)
    names = {
        "SourceBucketName": "source-image",
        "DestBucketName": "resized-image",
        "TableName": "ImageMetadata",
        "DeadLettersName": "imagepress-local-dead-letters",
        "AppName": "imagepress-local",
        "RequireTls": "no",
        "UploadOrigins": "http://127.0.0.1:*,http://localhost:*",  # the gallery's, whatever PORT is
    }
    cloudformation.create_stack(
        StackName="imagepress-local",
        TemplateBody=(PROJECT / ".chalice" / "infrastructure.yaml").read_text(),
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in names.items()],
    )
    try:
        cloudformation.get_waiter("stack_create_complete").wait(
            StackName="imagepress-local", WaiterConfig={"Delay": 1, "MaxAttempts": 30}
        )
    except WaiterError as error:
        raise StackError(f"The buckets and the table could not be made. ({error})") from error


def _copy_project(folder: Path, variables: Mapping[str, str]) -> None:
    """Copy the project, with other settings of the local stage, so that several stacks can run at once.

    The variables of AWS in config.json are for `chalice local` beside `make run`: here, AWS is on another port.
    """
    ignored = shutil.ignore_patterns("__pycache__", "deployed", "deployments")
    for name in ("chalicelib", "vendor", ".chalice"):
        shutil.copytree(PROJECT / name, folder / name, ignore=ignored)
    for name in ("app.py", "requirements.txt"):
        shutil.copy(PROJECT / name, folder)
    path = folder / ".chalice" / "config.json"
    config = json.loads(path.read_text())
    stage = config["stages"]["local"]
    own = {
        name: value for name, value in stage["environment_variables"].items() if not name.startswith("AWS_")
    }
    stage["environment_variables"] = {**own, **variables}
    path.write_text(json.dumps(config))


def _deploy(environment: Mapping[str, str], folder: Path) -> None:
    packages = folder / ".chalice" / "deployments"
    packages.mkdir()
    for layer in _LAYERS.glob("*.zip"):  # Chalice names a layer after the hash of its requirements
        shutil.copy(layer, packages)
    result = subprocess.run(
        [_BIN / "chalice", "deploy", "--stage", "local"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise StackError(f"chalice deploy failed:\n{last_lines(result.stdout + result.stderr)}")
    _LAYERS.mkdir(parents=True, exist_ok=True)
    for layer in packages.glob("managed-layer-*.zip"):
        part = _LAYERS / f"{layer.name}.{os.getpid()}"
        shutil.copy(layer, part)
        part.replace(_LAYERS / layer.name)  # at once: another run may copy it
