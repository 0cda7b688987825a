"""Bulk jobs: what they delete and compress again, what they leave, and what their address says."""

from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from chalicelib import services
from chalicelib.aws.records_table import RecordsTable
from chalicelib.jobs import Job, Jobs
from chalicelib.records import image_id
from tests.conftest import SOURCE, Deployed, eventually
from tests.fixtures.library import Compressing, Library
from tests.integration.conftest import Api, body
from tools.pictures import picture

PHOTO = picture(64, 48, "JPEG")
LATER = "2100-01-01T00:00:00.000000Z"


@pytest.fixture
def folder() -> str:
    return f"jobs-{uuid4().hex[:8]}/"


def run(api: Api, **members: Any) -> Any:
    """Have a job done; return how it ended."""
    answer = api.post("/jobs", members)
    assert answer.status_code == 202, answer.body
    job = f"/{answer.headers['Location']}"

    def is_over() -> bool:
        return bool(body(api.get(job))["state"] != "running")

    eventually(is_over)
    return body(api.get(job))


def test_some_images_are_deleted(api: Api, deployed: Deployed, folder: str) -> None:
    gone, kept = (deployed.upload(f"{folder}{name}.jpg", PHOTO) for name in "ab")

    job = run(api, action="delete", ids=[gone["imageId"].upper(), gone["imageId"], str(uuid4())])

    assert [job[name] for name in ("state", "total", "done", "skipped", "prefix")] == ["done", 2, 1, 1, None]
    eventually(lambda: deployed.record(gone["sourceKey"]) is None)
    assert deployed.record(kept["sourceKey"])


def test_some_images_are_compressed_again(api: Api, deployed: Deployed, folder: str) -> None:
    before = deployed.upload(f"{folder}a.jpg", PHOTO)

    assert run(api, action="reprocess", ids=[before["imageId"]])["done"] == 1

    eventually(lambda: api.record(before["sourceKey"])["resizedAt"] > before["resizedAt"])


def test_all_images_of_a_prefix_are_deleted(api: Api, deployed: Deployed, folder: str) -> None:
    keys = [f"{folder}{name}" for name in ("x/a.jpg", "x/b.jpg", "xx.jpg", "y.jpg")]
    for key in keys:
        deployed.upload(key, PHOTO)

    job = run(api, action="delete", prefix=f"{folder}x")

    assert [job[name] for name in ("state", "total", "done", "prefix")] == ["done", None, 3, f"{folder}x"]
    eventually(lambda: [key for key in keys if deployed.record(key)] == [f"{folder}y.jpg"])


def jobs_of(library: Library, table: RecordsTable | None = None) -> Jobs:
    adapters: Any = SimpleNamespace(
        source=library.buckets.source,
        table=table or library.table,
        compress_function=Compressing(library.pipeline()),
        settings=SimpleNamespace(includes=lambda key: not key.startswith("a/out/")),
    )
    return Jobs(adapters, keys_a_second=1e9)


def test_a_job_goes_on_from_any_step(library: Library) -> None:
    keys = [f"a/{number:03}.jpg" for number in range(205)]
    library.compress(*keys, "b.jpg")
    jobs, job = jobs_of(library), Job("j", "delete", LATER, prefix="a/")

    steps = []
    while following := next(jobs.steps(job), None):
        job = following
        steps.append((job.done, job.after_key))

    assert steps == [(100, "a/099.jpg"), (200, "a/199.jpg"), (205, "a/204.jpg")]
    assert library.buckets.source.list_sources("").keys() == {"b.jpg"}
    assert (jobs.progress("j") or {})["state"] == "done"


def test_many_images_by_id_are_done_in_steps(library: Library) -> None:
    keys = [f"{number:03}.jpg" for number in range(150)]
    library.compress(*keys)
    ids = tuple(image_id(library.source, key) for key in keys)

    steps = list(jobs_of(library).steps(Job("k", "delete", LATER, ids=ids, total=150)))

    assert [(step.done, len(step.ids)) for step in steps] == [(100, 50), (150, 0)]
    assert library.buckets.source.list_sources("") == {}


def test_what_is_newer_than_the_job_or_left_out_stays(library: Library) -> None:
    library.compress("a/new.jpg", "a/out/b.jpg")
    jobs = jobs_of(library)

    list(jobs.steps(Job("l", "delete", "2020-01-01T00:00:00.000000Z", prefix="a/new")))
    list(jobs.steps(Job("l", "delete", LATER, prefix="a/out/")))

    assert library.buckets.source.list_sources("").keys() == {"a/new.jpg", "a/out/b.jpg"}


def test_a_source_that_is_replaced_meanwhile_is_skipped(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.compress("a/b.jpg")
    listed = library.buckets.source.list_prefix

    def replaced(prefix: str, after: str) -> Any:
        found = listed(prefix, after)
        library.put("a/b.jpg", data=PHOTO)
        return found

    monkeypatch.setattr(library.buckets.source, "list_prefix", replaced)

    (step,) = jobs_of(library).steps(Job("m", "delete", LATER, prefix="a/"))

    assert (step.done, step.skipped) == (0, 1)
    assert library.buckets.source.stat_source("a/b.jpg")


def test_a_job_whose_worker_is_gone_is_stopped(api: Api) -> None:
    identifier = str(uuid4())
    report = {"jobId": identifier, "state": "running", "updatedAt": "2026-01-01T00:00:00.000000Z"}
    services.of_functions().table.put_document(f"job#{identifier}", report)

    assert body(api.get(f"/jobs/{identifier}"))["state"] == "stopped"


def test_a_job_that_does_not_exist_is_named(api: Api) -> None:
    answer = api.get("/jobs/none")

    assert (answer.status_code, body(answer)["code"]) == (404, "no-such-job")
    assert body(answer)["detail"] == "The job 'none' does not exist, or ended 30 days ago."


@pytest.mark.parametrize(
    ("members", "detail"),
    [
        ({"ids": []}, "action must be one of delete, reprocess"),
        ({"action": "purge", "prefix": "a"}, "action must be one of delete, reprocess; got 'purge'"),
        ({"action": "delete"}, "ids must be given without prefix, or prefix without ids"),
        (
            {"action": "delete", "ids": [], "prefix": "a"},
            "ids must be given without prefix, or prefix without ids",
        ),
        ({"action": "delete", "ids": []}, "ids must be a list of 1 to 1000 image IDs; got []"),
        ({"action": "delete", "ids": [1]}, "ids must be a list of 1 to 1000 image IDs; got [1]"),
        ({"action": "delete", "ids": "a"}, "ids must be a list of 1 to 1000 image IDs; got 'a'"),
        ({"action": "delete", "prefix": ""}, "prefix must be a string of 1 to 1024 bytes; got ''"),
        (
            {"action": "delete", "prefix": "\ud800"},
            "prefix must be a string of 1 to 1024 bytes; got '\\ud800'",
        ),
    ],
)
def test_a_body_that_is_no_job_is_refused(api: Api, members: dict[str, Any], detail: str) -> None:
    answer = api.post("/jobs", members)

    assert (answer.status_code, body(answer)["detail"]) == (400, detail)


def test_more_than_a_thousand_images_are_refused(api: Api) -> None:
    answer = api.post("/jobs", {"action": "delete", "ids": [image_id(SOURCE, str(n)) for n in range(1001)]})

    assert body(answer)["detail"].startswith("ids must be a list of 1 to 1000 image IDs; got [")
