"""An image whose workers all take too long: a failed record, one dead letter, and a sweep that leaves it alone."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from mypy_boto3_lambda import LambdaClient

from chalicelib.comparison import Comparison
from chalicelib.sweep import Position, Sweep
from tests.conftest import DESTINATION, SOURCE, Deployed, eventually
from tests.fixtures.adapters import buckets_of
from tools.pictures import picture
from tools.redrive import redrive_events
from tools.stages import Stage

COMPRESS = "imagepress-local-compress"
KEY = "deaths/slow.jpg"


@contextmanager
def silent_s3(functions: LambdaClient) -> Iterator[None]:
    """Give `compress` an S3 that accepts requests and never answers, and a second to wait for it."""
    variables = functions.get_function_configuration(FunctionName=COMPRESS)["Environment"]["Variables"]

    def configure(seconds: int, **more: str) -> None:
        functions.update_function_configuration(
            FunctionName=COMPRESS, Timeout=seconds, Environment={"Variables": variables | more}
        )

    with socket.create_server(("127.0.0.1", 0)) as server:
        configure(1, AWS_ENDPOINT_URL_S3=f"http://127.0.0.1:{server.getsockname()[1]}")
        try:
            yield
        finally:
            configure(60)


def test_image_that_takes_too_long_is_recorded_swept_over_and_redriven(
    deployed: Deployed, functions: LambdaClient, stage: Stage, dead_letters: str
) -> None:
    with silent_s3(functions):
        deployed.s3.put_object(Bucket=SOURCE, Key=KEY, Body=picture(64, 48, "JPEG"))
        dead = eventually(lambda: deployed.record(KEY))
    assert (dead["status"], dead["error"]["code"]) == ("failed", "timed-out")
    assert "attempts" in dead["error"]["message"]

    requested: list[str] = []
    request: Any = SimpleNamespace(request_compression=requested.append)
    buckets = buckets_of(deployed.s3, SOURCE, DESTINATION)
    comparison = Comparison(*buckets, deployed.table, dead["settingsVersion"], 10**9, lambda _: True)
    *_, swept = Sweep(comparison, request, 1e9).positions(Position(after_key=KEY[:-1]))
    assert swept.seen >= 1
    assert KEY not in requested

    assert eventually(lambda: list(redrive_events(stage))) == ["redriven"]
    eventually(lambda: (record := deployed.record(KEY)) and record["status"] == "compressed")
