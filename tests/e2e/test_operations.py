"""The deployed functions that put right what events did not: sweep, dead letters."""

import json
import re
from typing import Any, cast

import pytest
from mypy_boto3_lambda import LambdaClient

from bench.load import Plan, Uploads, load
from chalicelib.aws.records_table import RecordsTable
from chalicelib.records import Record, image_id
from tests.conftest import DESTINATION, SOURCE, Deployed, eventually
from tests.fixtures.events import SCHEDULED
from tools import sweep as make_sweep
from tools.pictures import picture
from tools.stages import Stage


def _invoke(functions: LambdaClient, name: str, event: Any) -> Any:
    answer = functions.invoke(FunctionName=f"imagepress-local-{name}", Payload=json.dumps(event).encode())
    payload = json.loads(answer["Payload"].read())
    assert not answer.get("FunctionError"), payload
    return payload


def test_a_sweep_has_missing_stale_and_orphaned_records_reconciled(
    deployed: Deployed, table: RecordsTable, functions: LambdaClient
) -> None:
    photo = picture(64, 48, "JPEG")
    kept, missing, stale = (
        deployed.upload(f"sweep/{name}.jpg", photo) for name in ("kept", "missing", "stale")
    )
    orphaned = cast(
        "Record", {**kept, "sourceKey": "sweep/no.jpg", "imageId": image_id(SOURCE, "sweep/no.jpg")}
    )
    table.delete_record(missing)
    table.put_record({**stale, "settingsVersion": "older", "revision": "1"}, replacing=stale)
    table.put_record(orphaned, replacing=None)

    counts = _invoke(functions, "sweep", {})

    assert counts["done"]
    # Other tests leave more; exact counts are specified on buckets of their own, in integration/test_sweep.py.
    assert min(counts["missing"], counts["stale"], counts["orphaned"]) >= 1
    eventually(lambda: deployed.record("sweep/missing.jpg"))
    version = kept["settingsVersion"]
    eventually(lambda: (r := deployed.record("sweep/stale.jpg")) and r["settingsVersion"] == version)
    eventually(lambda: deployed.record("sweep/no.jpg") is None)
    assert deployed.record("sweep/kept.jpg") == kept


def test_progress_of_a_sweep_is_full_only_when_the_total_is_known() -> None:
    assert make_sweep.known_total(records=100, seen=40) == 100
    assert make_sweep.known_total(records=100, seen=100) is None
    assert make_sweep.known_total(records=0, seen=1000) is None


def test_the_daily_schedule_begins_a_sweep(
    deployed: Deployed, table: RecordsTable, functions: LambdaClient
) -> None:
    table.delete_record(deployed.upload("daily/a.jpg", picture(64, 48, "JPEG")))
    _invoke(functions, "sweep_daily", SCHEDULED)

    eventually(lambda: deployed.record("daily/a.jpg"))


def test_make_sweep_shows_what_it_found(
    stage: Stage, deployed: Deployed, table: RecordsTable, capsys: pytest.CaptureFixture[str]
) -> None:
    table.delete_record(deployed.upload("swept/a.jpg", picture(64, 48, "JPEG")))

    make_sweep.main()

    assert re.search(r"\d+ seen, [1-9]\d* missing", capsys.readouterr().out)
    eventually(lambda: deployed.record("swept/a.jpg"))


def test_under_load_nothing_is_late_or_lost(stage: Stage) -> None:
    report = load(stage, Plan(number=40, concurrency=4, kill=False))

    assert (report.late, report.lost, report.killed, report.redriven) == (0, 0, 0, 0)


def test_nothing_is_lost_when_workers_are_killed_under_load(stage: Stage) -> None:
    report = load(stage, Plan(number=150, concurrency=4, kill=True, patience=30))

    assert report.killed > 0
    assert report.lost == 0
    # After half a minute Lambda has given up on those that are late.
    assert report.late <= report.redriven + report.requeued


def test_what_has_no_compressed_image_or_the_record_of_other_bytes_is_lost(
    stage: Stage, deployed: Deployed, table: RecordsTable
) -> None:
    uploads = Uploads(stage)
    for name in ("good", "gone", "old", "bad"):
        data = b"words" if name == "bad" else picture(64, 48, "JPEG")
        assert uploads.send(f"lost/{name}.jpg", data, patience=60)
    deployed.s3.delete_object(Bucket=DESTINATION, Key="lost/resized-gone.jpg")
    old = deployed.record("lost/old.jpg")
    assert old
    table.put_record({**old, "sourceETag": "another", "revision": "1"}, replacing=old)

    assert uploads.unfinished() == ["lost/gone.jpg", "lost/old.jpg", "lost/bad.jpg"]

    for name in ("good", "gone", "old", "bad"):
        deployed.delete(f"lost/{name}.jpg")
