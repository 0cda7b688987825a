"""The views that describe the service: sums, health and the contract."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, get_args

from botocore.exceptions import BotoCoreError, ClientError
from chalice.app import Request

from chalicelib import services, settings
from chalicelib.api.requests import Query, one_of
from chalicelib.api.responses import Reply, view
from chalicelib.aws.items import Totals
from chalicelib.breakdown import OTHERS, By, document_name


@view({"by": one_of(get_args(By))})
def get_stats(_: Request, query: Query) -> dict[str, Any]:
    """`GET /stats`: sums over all images; with `by`, also those of each group, as the last sweep counted them."""
    table, bucket = services.of_api().table, settings.current().source_bucket
    stats: dict[str, Any] = {**_sums(table.get_totals(bucket))}
    if by := query["by"]:
        counted = table.get_document(document_name(bucket)) or {"groups": {by: {}}, "countedAt": None}
        stats["countedAt"] = counted["countedAt"]
        stats["groups"] = [
            {"name": None if name == OTHERS else name, **_sums(totals)}
            for name, totals in sorted(counted["groups"][by].items())
        ]
    return stats


@view({})
def get_health(_: Request, __: Query) -> Reply:
    """`GET /health`: 200 if the table and both buckets can be reached, else 503."""
    adapters = services.of_api()
    checks = {
        "table": [adapters.table.check_table],
        "buckets": [adapters.source.check_source_bucket, adapters.compressed.check_compressed_bucket],
    }
    with ThreadPoolExecutor(len(checks)) as pool:  # where AWS does not respond, each waits for its time-out
        states = dict(zip(checks, pool.map(_state, checks.values()), strict=True))
    healthy = all(state == "ok" for state in states.values())
    return Reply({"status": "ok" if healthy else "unavailable", **states}, status=200 if healthy else 503)


@view({}, cache_control="public, max-age=300")
def get_contract(request: Request, __: Query) -> dict[str, Any]:
    """`GET /openapi.json`: the contract, with the URL that this API has."""
    contract: dict[str, Any] = json.loads((Path(__file__).parent / "openapi.json").read_text())
    context = request.context
    host = context.get("domainName") or request.headers.get("host", "")
    scheme = request.headers.get("x-forwarded-proto", "http")
    stage = context.get("path", "").removesuffix(context["resourcePath"])
    return contract | {"servers": [{"url": f"{scheme}://{host}{stage}"}]}


def _sums(totals: Totals) -> dict[str, int]:
    return {
        "images": totals["compressed"],
        "failures": totals["failed"],
        "bytesBefore": totals["bytesBefore"],
        "bytesAfter": totals["bytesAfter"],
        "bytesSaved": totals["bytesBefore"] - totals["bytesAfter"],
    }


def _state(checks: list[Callable[[], None]]) -> str:
    try:
        for check in checks:
            check()
    except ClientError as error:
        return f"unavailable: {error.response['Error']['Code']}"
    except BotoCoreError as error:
        return f"unavailable: {type(error).__name__}"
    return "ok"
