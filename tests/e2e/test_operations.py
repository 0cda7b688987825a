"""The deployed functions that put right what events did not: sweep, batch, dead letters."""

import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import pytest

from bench.load import Plan, Uploads, load
from chalicelib.catalog import Catalog
from chalicelib.metadata import Record, image_id
from chalicelib.sweep import Position, Sweep, lease_of
from tests.conftest import DESTINATION, SOURCE, Deployed, eventually
from tests.fixtures.events import SCHEDULED
from tools import sweep as make_sweep
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

    deployed.rest()

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
def operated(stack: LocalStack, deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """The stage that `make sweep` finds; no other sweep is under way."""
    for name, value in {"STAGE": "local", "AWS_PORT": stack.endpoint.rpartition(":")[2]}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", stack.endpoint)  # which the tool sets too, to the same
    deployed.rest()
    return chosen()


def test_make_sweep_goes_on_where_it_was_interrupted(
    deployed: Deployed, operated: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("here", "there"):
        deployed.upload(f"sweep/{name}.jpg", picture(64, 48, "JPEG"))
    walk = Sweep.positions
    started: list[Position] = []

    def interrupted(self: Sweep, start: Position) -> Iterator[Position]:
        yield start.behind("sweep/here.jpg", "stale", 1)
        raise KeyboardInterrupt

    def watched(self: Sweep, start: Position) -> Iterator[Position]:
        started.append(start)
        return walk(self, start)

    monkeypatch.setattr(Sweep, "positions", interrupted)
    with pytest.raises(SystemExit, match="Run it again"):
        make_sweep.main()
    monkeypatch.setattr(Sweep, "positions", watched)
    make_sweep.main()
    make_sweep.main()

    told = capsys.readouterr().out
    assert "Going on after 'sweep/here.jpg'" in told
    assert [(each.after_key, each.seen) for each in started] == [("sweep/here.jpg", 1), ("", 0)]


def test_a_second_sweep_says_where_the_first_stands_and_does_nothing(
    deployed: Deployed, operated: Stage, functions: "LambdaClient"
) -> None:
    first = lease_of(operated.settings, "first", operated.session)
    first.begin()
    with first:
        first.keep(Position().behind("sweep/here.jpg", "stale", 1).to_keep())
        first._stand({"after_key": "sweep/here.jpg", "seen": 1}, time.time() + 1000)
        with pytest.raises(SystemExit, match=r"A sweep is under way, after .*here"):
            make_sweep.main()
        answer = _invoke(functions, "sweep", {})

    assert answer["underWay"] == {"after_key": "sweep/here.jpg", "seen": 1}
    assert "A sweep is under way" in answer["reason"]


def test_the_bar_of_a_sweep_is_full_when_nothing_is_left_and_not_when_nobody_knows() -> None:
    assert make_sweep.known_total(records=100, seen=40) == 100
    assert make_sweep.known_total(records=100, seen=100) is None
    assert make_sweep.known_total(records=0, seen=1000) is None


def test_the_daily_schedule_begins_a_sweep(
    deployed: Deployed, catalog: Catalog, functions: "LambdaClient"
) -> None:
    catalog.delete(deployed.upload("daily/a.jpg", picture(64, 48, "JPEG")))
    deployed.rest()
    _invoke(functions, "sweep_daily", SCHEDULED)

    eventually(lambda: deployed.record("daily/a.jpg"))


def test_the_daily_sweep_takes_up_one_that_was_given_up(
    deployed: Deployed, catalog: Catalog, functions: "LambdaClient", operated: Stage
) -> None:
    for key in ("taken-up/a.jpg", "taken-up/b.jpg"):
        catalog.delete(deployed.upload(key, picture(64, 48, "JPEG")))
    with lease_of(operated.settings, "given up", operated.session) as first:
        first.begin()
        first.keep(Position(after_key="taken-up/a.jpg").to_keep())

    _invoke(functions, "sweep_daily", SCHEDULED)

    eventually(lambda: deployed.record("taken-up/b.jpg"))
    assert deployed.record("taken-up/a.jpg") is None, "the next sweep finds it"


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


def test_under_load_nothing_is_late_or_lost(stage: Stage) -> None:
    report = load(stage, Plan(number=40, concurrency=4, kill=False))

    assert (report.late, report.lost, report.killed, report.redriven) == (0, 0, 0, 0)


def test_nothing_is_lost_when_workers_are_killed_under_load(stage: Stage) -> None:
    report = load(stage, Plan(number=300, concurrency=4, kill=True, patience=30))

    assert report.killed > 0
    assert report.lost == 0
    # After half a minute Lambda has given up on those that are late.
    assert report.late <= report.redriven + report.requeued


def test_what_has_no_compressed_image_or_the_record_of_other_bytes_is_lost(
    stage: Stage, deployed: Deployed, catalog: Catalog
) -> None:
    uploads = Uploads(stage)
    for name in ("good", "gone", "old", "bad"):
        data = b"words" if name == "bad" else picture(64, 48, "JPEG")
        assert uploads.send(f"lost/{name}.jpg", data, patience=60)
    deployed.s3.delete_object(Bucket=DESTINATION, Key="lost/resized-gone.jpg")
    old = deployed.record("lost/old.jpg")
    assert old
    catalog.put({**old, "sourceETag": "another", "revision": "1"}, replacing=old)

    assert uploads.unfinished() == ["lost/gone.jpg", "lost/old.jpg", "lost/bad.jpg"]

    for name in ("good", "gone", "old", "bad"):
        deployed.delete(f"lost/{name}.jpg")
