"""`make sweep STAGE=`: the sweep that runs daily, now and in sight. Interrupted, it goes on where it was."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from time import monotonic

from botocore.exceptions import BotoCoreError, ClientError
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from chalicelib import aws, sweep
from chalicelib.catalog import Catalog
from chalicelib.sweep import Position
from tools.stages import Stage, StageError, chosen

_COUNTS = "{task.fields[seen]} seen, {task.fields[missing]} missing, {task.fields[stale]} stale, "
_COUNTS += "{task.fields[orphaned]} orphaned, {task.fields[requeued]} requeued, {task.fields[rate]:.0f}/s"


def main() -> None:
    """Sweep, with a progress bar."""
    try:
        stage = chosen()
        _sweep(stage, Path("build") / f"sweep-{stage.name}.json")
    except (StageError, ClientError, BotoCoreError) as error:
        sys.exit(f"{error}")
    except KeyboardInterrupt:
        sys.exit("\nStopped. Run it again to go on where it was.")


def _sweep(stage: Stage, saved: Path) -> None:
    position = Position()
    if saved.exists():
        try:
            position = Position(**json.loads(saved.read_text()))
            print(f"Going on after {position.after_key!r}; delete {saved} to start over.")
        except (TypeError, ValueError):
            print(f"{saved} is of another release: starting over.")
    saved.parent.mkdir(exist_ok=True)
    totals = Catalog(aws.dynamodb_client(stage.session), stage.settings.table_name).totals(
        stage.settings.source_bucket
    )
    records = totals["compressed"] + totals["failed"]
    with Progress(BarColumn(), TextColumn(_COUNTS), TimeRemainingColumn()) as progress:
        task = progress.add_task("", total=max(1, records), rate=0, **asdict(position))
        began, before = monotonic(), position.seen
        for position in sweep.of(stage.settings, stage.session).positions(position):  # noqa: B020
            saved.write_text(json.dumps(asdict(position)))
            rate = (position.seen - before) / (monotonic() - began)
            progress.update(task, completed=position.seen, rate=rate, **asdict(position))
        progress.update(task, completed=records)
    saved.unlink(missing_ok=True)
    print(
        f"{position.seen} seen, {position.missing} missing, {position.stale} stale, "
        f"{position.orphaned} orphaned, {position.requeued} handed to the compress function."
    )


if __name__ == "__main__":
    main()
