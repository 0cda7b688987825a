"""The deployed functions that put right what events did not: sweep, batch, dead letters."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from chalicelib.catalog import Catalog
from chalicelib.metadata import Record, image_id
from chalicelib.sweep import Position, Sweep
from tests.conftest import SOURCE, Deployed, eventually
from tests.fixtures.events import SCHEDULED
from tools import sweep as make_sweep
from tools.load import Plan, load
from tools.local_stack import LocalStack
from tools.pictures import picture
from tools.stages import Stage, chosen

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


@pytest.fixture(scope="module")
def functions(stack: LocalStack) -> "LambdaClient":
    return stack.session.client("lambda", endpoint_url=stack.endpoint)


@pytest.fixture(scope="module")
def stage(stack: LocalStack) -> Stage:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_PORT", stack.endpoint.rpartition(":")[2])
        patch.setenv("STAGE", "local")
        return chosen()


def _invoke(functions: "LambdaClient", name: str, event: Any) -> Any:
    answer = functions.invoke(FunctionName=f"imagepress-local-{name}", Payload=json.dumps(event).encode())
    payload = json.loads(answer["Payload"].read())
    assert not answer.get("FunctionError"), payload
    return payload


def test_a_sweep_has_missing_stale_and_orphaned_records_reconciled(
    deployed: Deployed, catalog: Catalog, functions: "LambdaClient"
) -> None:
    photo = picture(64, 48, "JPEG")
    kept, missing, stale = (
        deployed.upload(f"sweep/{name}.jpg", photo) for name in ("kept", "missing", "stale")
    )
    orphaned = cast(
        "Record", {**kept, "sourceKey": "sweep/no.jpg", "imageId": image_id(SOURCE, "sweep/no.jpg")}
    )
    catalog.delete(missing)
    catalog.put({**stale, "settingsVersion": "older", "revision": "1"}, replacing=stale)
    catalog.put(orphaned, replacing=None)

    counts = _invoke(functions, "sweep", {})

    assert counts["done"]
    # Other tests leave more; exact counts are specified on buckets of their own, in integration/test_sweep.py.
    assert min(counts["missing"], counts["stale"], counts["orphaned"]) >= 1
    eventually(lambda: deployed.record("sweep/missing.jpg"))
    eventually(lambda: _version(deployed, "sweep/stale.jpg") == kept["settingsVersion"])
    eventually(lambda: deployed.record("sweep/no.jpg") is None)
    assert deployed.record("sweep/kept.jpg") == kept


def _version(deployed: Deployed, key: str) -> str:
    record = deployed.record(key)
    return record["settingsVersion"] if record else ""


@pytest.fixture
def position(stack: LocalStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where `make sweep` keeps how far it is, when it runs in a folder of its own."""
    for name, value in {"STAGE": "local", "AWS_PORT": stack.endpoint.rpartition(":")[2]}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", stack.endpoint)  # which the tool sets too, to the same
    monkeypatch.chdir(tmp_path)
    (tmp_path / "build").mkdir()
    return tmp_path / "build" / "sweep-local.json"


def test_make_sweep_goes_on_where_it_was_interrupted(
    deployed: Deployed, position: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.upload("sweep/there.jpg", picture(64, 48, "JPEG"))
    walk = Sweep.positions

    def interrupted(self: Sweep, start: Position) -> Iterator[Position]:
        yield next(walk(self, start))
        raise KeyboardInterrupt

    monkeypatch.setattr(Sweep, "positions", interrupted)
    with pytest.raises(SystemExit, match="Run it again"):
        make_sweep.main()
    saved = json.loads(position.read_text())
    monkeypatch.setattr(Sweep, "positions", walk)
    make_sweep.main()

    told = capsys.readouterr().out
    assert f"Going on after {saved['after_key']!r}" in told
    assert f"{saved['seen']} seen" in told  # the first page is all there is, and is not seen twice
    assert not position.exists()


def test_a_sweep_of_another_release_is_started_over(
    position: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    position.write_text('{"shard": 1}')

    make_sweep.main()

    assert "another release: starting over" in capsys.readouterr().out


def test_the_daily_schedule_begins_a_sweep(
    deployed: Deployed, catalog: Catalog, functions: "LambdaClient"
) -> None:
    catalog.delete(deployed.upload("daily/a.jpg", picture(64, 48, "JPEG")))
    _invoke(functions, "sweep_daily", SCHEDULED)

    eventually(lambda: deployed.record("daily/a.jpg"))


@pytest.mark.parametrize("schema", ["1.0", "2.0"])
def test_s3_batch_operations_learn_what_became_of_each_key(
    deployed: Deployed, catalog: Catalog, functions: "LambdaClient", schema: str
) -> None:
    catalog.delete(deployed.upload(f"batch/{schema} a+b.jpg", picture(64, 48, "JPEG")))
    deployed.upload(f"batch/{schema} words.jpg", b"no image")
    bucket = {"s3BucketArn": f"arn:aws:s3:::{SOURCE}"} if schema == "1.0" else {"s3Bucket": SOURCE}
    keys = {
        "good": f"batch/{schema}+a%2Bb.jpg",
        "bad": f"batch/{schema}+words.jpg",
        "gone": "batch/never-was",
    }

    answer = _invoke(
        functions,
        "compress_batch",
        {
            "invocationSchemaVersion": schema,
            "invocationId": "YXNkbGZqYWRmaiBhc2Rm",
            "job": {"id": "f3cc4f60-61f6-4a2b-8a21-d07600c373ce", "userArguments": {}},
            "tasks": [
                {"taskId": name, "s3Key": key, "s3VersionId": None, **bucket} for name, key in keys.items()
            ],
        },
    )

    codes = {result["taskId"]: (result["resultCode"], result["resultString"]) for result in answer["results"]}
    assert (answer["invocationSchemaVersion"], answer["invocationId"]) == (schema, "YXNkbGZqYWRmaiBhc2Rm")
    assert codes["good"] == ("Succeeded", "compressed")
    assert codes["bad"][0] == "PermanentFailure"
    assert codes["bad"][1].startswith("not-an-image: ")
    assert codes["gone"][0] == "PermanentFailure"
    assert deployed.record(f"batch/{schema} a+b.jpg")


def test_a_task_of_another_bucket_is_refused(functions: "LambdaClient") -> None:
    task = {"taskId": "1", "s3Key": "a", "s3BucketArn": "arn:aws:s3:::elsewhere"}
    event = {"invocationSchemaVersion": "1.0", "invocationId": "x", "tasks": [task]}

    (result,) = _invoke(functions, "compress_batch", event)["results"]

    assert result["resultCode"] == "PermanentFailure"
    assert "elsewhere" in result["resultString"]


def test_nothing_is_lost_when_workers_are_killed_under_load(stage: Stage) -> None:
    report = load(stage, Plan(number=120, concurrency=4, kill=True, patience=5))

    assert report.killed > 0
    assert report.lost == 0
