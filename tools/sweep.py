"""`make sweep STAGE=`: the sweep that runs daily, now and in sight. Whatever was interrupted, it goes on with."""

import sys
from dataclasses import asdict
from time import monotonic
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from chalicelib import aws, sweep
from chalicelib.catalog import Catalog
from chalicelib.lease import HeldError
from tools.stages import Stage, StageError, chosen

_COUNTS = "{task.fields[seen]} seen, {task.fields[missing]} missing, {task.fields[stale]} stale, "
_COUNTS += "{task.fields[orphaned]} orphaned, {task.fields[requeued]} requeued, {task.fields[rate]:.0f}/s"
_COLUMNS = (BarColumn(), TextColumn(_COUNTS), TimeRemainingColumn())


def main() -> None:
    """Sweep, with a progress bar."""
    try:
        _sweep(chosen())
    except (HeldError, StageError, ClientError, BotoCoreError) as error:
        sys.exit(f"{error}")
    except KeyboardInterrupt:
        sys.exit("\nStopped. Run it again to go on where it was; so does the daily sweep.")


def known_total(records: int, seen: int) -> int | None:
    """Return how much there is to see, as far as is known: of more keys than there are records, nothing is."""
    return records if seen < records else None


def _sweep(stage: Stage) -> None:
    catalog = Catalog(aws.dynamodb_client(stage.session), stage.settings.table_name)
    totals = catalog.totals(stage.settings.source_bucket)
    records = totals["compressed"] + totals["failed"]
    lease = sweep.lease_of(stage.settings, uuid4().hex, stage.session)
    position = sweep.started(lease.begin())
    with lease, Progress(*_COLUMNS) as progress:
        if position.after_key:
            told = f"Going on after {position.after_key!r}, where the last sweep was given up."
            progress.print(told, markup=False)
        progress.add_task("", total=None, rate=0, **asdict(position))
        (task,) = progress.tasks
        began, before = monotonic(), position.seen
        for position in sweep.of(stage.settings, stage.session).positions(position):  # noqa: B020
            lease.keep(position.to_keep())
            task.total = known_total(records, position.seen)
            rate = (position.seen - before) / (monotonic() - began)
            progress.update(task.id, completed=position.seen, rate=rate, **asdict(position))
        progress.update(task.id, total=max(1, position.seen), completed=max(1, position.seen))
    print(
        f"{position.seen} seen, {position.missing} missing, {position.stale} stale, "
        f"{position.orphaned} orphaned, {position.requeued} handed to the compress function."
    )


if __name__ == "__main__":
    main()
