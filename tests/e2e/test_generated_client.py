"""A client that openapi-python-client generates from the contract can use every route."""

import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import Deployed, eventually
from tools.local_stack import LocalStack
from tools.pictures import picture
from tools.server import PROJECT


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The generated package, without warnings of the generator."""
    folder = tmp_path_factory.mktemp("client")
    config = folder / "config.yaml"
    config.write_text("post_hooks: []\n")
    contract = PROJECT / "chalicelib" / "api" / "openapi.json"
    command = [str(Path(sys.executable).parent / "openapi-python-client"), "generate", "--fail-on-warning"]
    given = f"--path {contract} --config {config} --meta none --output-path {folder / 'generated'}"
    subprocess.run([*command, *given.split()], check=True, cwd=folder)
    sys.path.insert(0, str(folder))
    yield "generated"
    sys.path.remove(str(folder))


@pytest.fixture
def client(package: str, stack: LocalStack) -> Iterator[Any]:
    with import_module(f"{package}.client").Client(base_url=stack.api) as opened:
        yield opened


@pytest.fixture
def call(package: str, client: Any) -> Any:
    """Call an operation by its tag and name; the answer is of a generated class."""

    def called(operation: str, *arguments: Any, **named: Any) -> Any:
        return import_module(f"{package}.api.{operation}").sync(*arguments, client=client, **named)

    return called


@pytest.fixture
def image(deployed: Deployed) -> str:
    return deployed.upload("generated/one.jpg", picture(320, 200, "JPEG"))["imageId"]


def test_images_are_listed_with_their_urls(call: Any, image: str) -> None:
    page = call("images.list_images", prefix="generated/", urls=True, limit=1)

    assert (page.images[0].image_id, page.images[0].status.value) == (image, "compressed")
    assert page.images[0].urls["compressed"].startswith("http")


def test_image_is_found_by_id_and_by_key(call: Any, image: str) -> None:
    assert call("images.get_image", image).source_key == "generated/one.jpg"
    assert call("images.get_image_by_key", key="generated/one.jpg").image_id == image


def test_file_is_fetched_by_its_url(call: Any, image: str) -> None:
    file = call("images.get_file", image, redirect=False)

    assert httpx.get(file.url).content.startswith(b"\xff\xd8")


def test_problem_has_a_known_code(call: Any) -> None:
    problem = call("images.get_image", "none")

    assert (problem.status, problem.code.value) == (404, "no-such-image")


def test_image_is_uploaded_and_deleted(package: str, call: Any, deployed: Deployed) -> None:
    models = import_module(f"{package}.models")
    form = call(
        "uploads.create_upload", body=models.Upload(key="generated/new.jpg", content_type="image/jpeg")
    )
    sent = httpx.post(form.url, data=form.fields.to_dict(), files={"file": picture(64, 48, "JPEG")})
    assert sent.status_code == 201
    eventually(lambda: deployed.record("generated/new.jpg"))

    assert call("images.delete_image", form.image_id).source_key == "generated/new.jpg"

    eventually(lambda: deployed.record("generated/new.jpg") is None)


def test_image_is_compressed_again(call: Any, deployed: Deployed, image: str) -> None:
    before = call("images.get_image", image).resized_at

    assert call("images.reprocess_image", image).image_id == image

    eventually(lambda: call("images.get_image", image).resized_at > before)


def test_images_are_compressed_again_by_a_job(package: str, call: Any, image: str) -> None:
    models = import_module(f"{package}.models")
    job = call(
        "images.create_job", body=models.JobRequest(action=models.JobRequestAction.REPROCESS, ids=[image])
    )

    eventually(lambda: call("images.get_job", job.job_id).state.value == "done")

    assert call("images.get_job", job.job_id).done == 1


def test_sums_and_health_are_read(call: Any, image: str) -> None:
    assert call("service.get_stats").images >= 1
    assert call("service.get_health").status.value == "ok"
