"""The views of bulk jobs."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final, cast, get_args
from uuid import uuid4

from chalice.app import Request

from chalicelib import services
from chalicelib.api.listing import LONGEST_PREFIX
from chalicelib.api.problems import Problem, bad_parameter, quote
from chalicelib.api.requests import IMAGE_ID, Query, parse_body
from chalicelib.api.responses import Reply, view
from chalicelib.jobs import Action, Job, Jobs
from chalicelib.records import timestamp

_MOST_IDS: Final = 1000


@view({}, status=202)
def create_job(request: Request, _: Query) -> Reply:
    """`POST /jobs`: delete or reprocess up to 1,000 images, or all whose source key has a prefix."""
    job = _parse_job(parse_body(request, ("action", "ids", "prefix")))
    return Reply(Jobs(services.of_api()).start(job), {"Location": f"jobs/{job.id}"})


@view({})
def get_job(_: Request, __: Query, identifier: str) -> dict[str, Any]:
    """`GET /jobs/{jobId}`: how far a job is."""
    report = Jobs(services.of_api()).progress(identifier)
    if report is None:
        raise Problem("no-such-job", f"The job {quote(identifier)} does not exist, or ended 30 days ago.")
    return report


def _parse_job(members: Mapping[str, Any]) -> Job:
    action, prefix, ids = (members.get(name) for name in ("action", "prefix", "ids"))
    if action not in get_args(Action):
        raise bad_parameter("action", f"must be one of {', '.join(get_args(Action))}", action)
    if (ids is None) == (prefix is None):
        raise bad_parameter("ids", "must be given without prefix, or prefix without ids")
    job = Job(str(uuid4()), cast("Action", action), timestamp(datetime.now(UTC)))
    if prefix is None:
        named = _parse_ids(ids)
        return replace(job, ids=named, total=len(named))
    # JSON may have half a surrogate pair, which UTF-8 has not.
    if (
        not isinstance(prefix, str)
        or not 1 <= len(prefix.encode(errors="ignore")) <= LONGEST_PREFIX
        or re.search("[\ud800-\udfff]", prefix)
    ):
        raise bad_parameter("prefix", f"must be a string of 1 to {LONGEST_PREFIX} bytes", prefix)
    return replace(job, prefix=prefix)


def _parse_ids(ids: Any) -> tuple[str, ...]:
    known = isinstance(ids, list) and all(
        isinstance(each, str) and IMAGE_ID.fullmatch(each.lower()) for each in ids
    )
    if not known or not 1 <= len(ids) <= _MOST_IDS:
        raise bad_parameter("ids", f"must be a list of 1 to {_MOST_IDS} image IDs", ids)
    return tuple(dict.fromkeys(each.lower() for each in ids))
