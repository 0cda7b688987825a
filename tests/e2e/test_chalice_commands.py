"""Chalice's own commands, typed plainly in a checkout: each works, or says in one sentence what to run."""

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.conftest import eventually
from tools.local_stack import LocalStack, free_port
from tools.server import PROJECT

CHALICE = Path(sys.executable).parent / "chalice"
ENVIRONMENT = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}


@pytest.mark.parametrize("command", ["local", "deploy", "package out"])
def test_command_without_a_stage_says_in_one_sentence_what_to_run(command: str, tmp_path: Path) -> None:
    result = subprocess.run(
        [CHALICE, "--project-dir", PROJECT, *command.split()],
        cwd=tmp_path,
        env=ENVIRONMENT | {"AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert "Traceback" not in result.stderr + result.stdout
    assert "`make run` sets it on this machine, and `make deploy STAGE=dev` sets it for AWS." in result.stderr


def test_chalice_local_serves_the_running_stack_without_any_export(stack: LocalStack, tmp_path: Path) -> None:
    """The stack of the tests is on another port than `make run` has by default."""
    port = free_port()
    for name in ("app.py", "chalicelib"):
        (tmp_path / name).symlink_to(PROJECT / name)
    (tmp_path / ".chalice").mkdir()
    config = (PROJECT / ".chalice" / "config.json").read_text()
    assert json.loads(config)["stages"]["local"]["environment_variables"]["AWS_ENDPOINT_URL"]
    (tmp_path / ".chalice" / "config.json").write_text(
        config.replace("http://127.0.0.1:4566", stack.endpoint)
    )
    command = [str(CHALICE), "--project-dir", str(tmp_path), "local", "--stage", "local", "--port", str(port)]
    server = subprocess.Popen([*command, "--no-autoreload"], env=ENVIRONMENT, cwd=tmp_path)

    def healthy() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health") as answer:
                return bool(json.load(answer)["status"] == "ok")
        except OSError:
            return False

    try:
        assert eventually(healthy)
    finally:
        server.terminate()
        server.wait()
