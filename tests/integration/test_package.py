"""What goes to Lambda: everything it needs, nothing else, small, and quick to start."""

import json
import shutil
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.startup import FUNCTIONS, MOST_BYTES, lambda_like, started
from chalicelib.aws.ranges import LAST
from chalicelib.records import image_id
from tests.conftest import SOURCE, Deployed
from tests.fixtures.events import SCHEDULED, given_up, notification, proxied
from tests.fixtures.runtime_client import CLIENT, invoke
from tools.deploy.package import build
from tools.pictures import picture
from tools.server import PROJECT

SITE = "python/lib/python3.12/site-packages/"
PACKAGES = {"PIL", "cykooz_resizer", "oxipng", "pi_heif", "_pi_heif.cpython-312-x86_64-linux-gnu.so"}
PACKAGES |= {"aws_lambda_powertools", "typing_extensions.py", "__pycache__"}
PACKAGES |= {"jmespath", "jmespath-1.1.0.data"}  # the runtime has it, but pip brings what is required


@pytest.fixture(scope="module")
def zips(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("package")
    for name in ("chalicelib", "vendor", "bench", "tests", "tools"):
        shutil.copytree(PROJECT / name, folder / name)
    for name in ("app.py", "requirements.txt"):
        shutil.copy(PROJECT / name, folder)
    return build(folder)


@pytest.fixture(scope="module")
def environment(zips: tuple[Path, Path]) -> Iterator[dict[str, str]]:
    with lambda_like(*zips, more=CLIENT) as found:
        yield found


def names(path: Path) -> set[str]:
    with zipfile.ZipFile(path) as archive:
        return set(archive.namelist())


def sources() -> set[str]:
    files = (path for path in (PROJECT / "chalicelib").rglob("*") if path.is_file())
    return {path.relative_to(PROJECT).as_posix() for path in files if "__pycache__" not in path.parts}


def bytecode(module: str) -> str:
    folder, _, name = module.rpartition("/")
    return f"{folder}/__pycache__/{name.removesuffix('.py')}.cpython-312.pyc".lstrip("/")


CHALICE = {"chalice/__init__.pyc", "chalice/app.pyc"}  # without its source, which is a tenth of the zip


def test_the_app_holds_its_source_and_bytecode_and_chalice_s_bytecode_alone(zips: tuple[Path, Path]) -> None:
    expected = sources() | {"app.py"}
    expected |= {bytecode(name) for name in expected if name.endswith(".py")}
    assert names(zips[0]) == expected | CHALICE


def test_the_layer_holds_the_packages_that_the_runtime_lacks_alone(zips: tuple[Path, Path]) -> None:
    assert {name for name in names(zips[1]) if not name.startswith(SITE)} == set()
    tops = {name.removeprefix(SITE).split("/")[0] for name in names(zips[1])}
    assert {top for top in tops if not top.endswith((".dist-info", ".libs"))} == PACKAGES


def test_no_cache_but_the_bytecode_of_what_is_there_is_shipped(zips: tuple[Path, Path]) -> None:
    for path in zips:
        compiled = {name for name in names(path) if name.endswith(".pyc")} - CHALICE
        assert compiled == {bytecode(name) for name in names(path) if name.endswith(".py")}


@pytest.mark.parametrize("name", MOST_BYTES)
def test_a_zip_is_small(zips: tuple[Path, Path], name: str) -> None:
    sizes = {"app": zips[0].stat().st_size, "layer": zips[1].stat().st_size}
    assert sizes[name] <= MOST_BYTES[name]


def test_everyone_may_read_what_is_shipped(zips: tuple[Path, Path]) -> None:
    for path in zips:
        with zipfile.ZipFile(path) as archive:
            assert {
                entry.filename for entry in archive.infolist() if not entry.external_attr >> 16 & 0o004
            } == set()


def test_the_same_source_gives_the_same_zips(zips: tuple[Path, Path]) -> None:
    before = [path.read_bytes() for path in zips]
    project = zips[0].parents[2]
    zips[0].unlink()
    assert [path.read_bytes() for path in build(project)] == before


def test_a_change_of_the_app_makes_a_new_app_and_keeps_the_layer(
    zips: tuple[Path, Path], tmp_path: Path
) -> None:
    project = zips[0].parents[2]
    changed = shutil.copytree(project, tmp_path / "changed")
    (changed / "chalicelib" / "new.py").write_text("NEW = 1\n")
    app, layer = build(changed)
    assert app.name != zips[0].name
    assert "chalicelib/__pycache__/new.cpython-312.pyc" in names(app)
    assert layer.name == zips[1].name


IMAGES = ["PIL", "cykooz_resizer", "pi_heif", "oxipng", "chalicelib.imaging.engine", "chalicelib.pipeline"]
OTHERS = [f"chalicelib.imaging.codecs.{name}" for name in ("avif", "gif", "png")]
OTHERS += ["PIL.BmpImagePlugin", "PIL.GifImagePlugin", "PIL.PngImagePlugin"]
API = ["chalicelib.api.views", "chalicelib.api.responses", "chalicelib.api.listing", "chalicelib.api.page"]


@pytest.mark.parametrize(
    ("function", "never"),
    [
        ("api", IMAGES),
        ("compress", API + OTHERS),
        ("sweep", IMAGES + API),
        ("sweep_daily", IMAGES + API),
    ],
)
def test_a_function_starts_without_what_is_another_s_and_a_photograph_without_other_codecs(
    environment: dict[str, str], function: str, never: list[str]
) -> None:
    answer = f"[name for name in {never!r} if name in sys.modules]"
    assert started(FUNCTIONS[function].start, environment, answer) == "[]"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_garbage_is_collected_again_once_a_function_has_started(
    environment: dict[str, str], function: str
) -> None:
    assert started(FUNCTIONS[function].start, environment, "__import__('gc').isenabled()") == "True"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_cold_start_imports_only_the_app_beyond_its_floor(
    environment: dict[str, str], function: str
) -> None:
    """What `make bench` compares in CPU time: the floor, and nothing of others but DynamoDB's types, ImageChops and the placeholder's WebP."""
    needed = {"app", "boto3.dynamodb", "boto3.dynamodb.types", "gc", "PIL.ImageChops"}
    needed |= {"PIL.WebPImagePlugin", "PIL._webp"}
    start, floor = (
        set(started(code, environment, "*sys.modules").split())
        for code in (FUNCTIONS[function].start, FUNCTIONS[function].floor)
    )

    assert {name for name in start - floor if not name.startswith("chalicelib")} <= needed


IMAGE = image_id(SOURCE, "runtime/photo.png")
UPLOAD = notification("runtime/photo.png")
REQUEST = proxied("GET", "/images/{image_id}", image_id=IMAGE)
DEATH = given_up(UPLOAD, {"errorType": "Runtime.ExitError"})


@pytest.mark.skipif(sys.platform != "linux", reason="the runtime client has wheels for Linux alone")
def test_each_kind_of_event_is_handled_under_lambda_s_runtime_client(
    environment: dict[str, str], deployed: Deployed
) -> None:
    deployed.table.delete_record(deployed.upload("runtime/photo.png", picture(64, 48, "PNG")))

    assert invoke("app.compress", UPLOAD, environment) is None
    assert deployed.record("runtime/photo.png")
    answer = invoke("app.app", REQUEST, environment)
    assert (answer["statusCode"], json.loads(answer["body"])["imageId"]) == (200, IMAGE)
    assert invoke("app.record_failure", DEATH, environment) is None
    assert invoke("app.sweep", {"position": {"walk": "objects", "after_key": LAST}}, environment)["done"]
    assert invoke("app.sweep_daily", SCHEDULED, environment) is None
