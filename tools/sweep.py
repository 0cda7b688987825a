"""`make sweep STAGE=`: the daily sweep, now and with its progress shown."""

from dataclasses import asdict
from time import monotonic
from typing import get_args

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from chalicelib import sweep
from chalicelib.comparison import Finding
from chalicelib.services import Services
from tools.errors import exit_on_errors
from tools.stages import Stage, choose_stage

_FINDINGS = get_args(Finding)
_COUNTS = "{task.fields[seen]} seen, " + ", ".join(f"{{task.fields[{name}]}} {name}" for name in _FINDINGS)
_COUNTS += ", {task.fields[requeued]} requeued, {task.fields[rate]:.0f}/s"
_COLUMNS = (BarColumn(), TextColumn(_COUNTS), TimeRemainingColumn())


def main() -> None:
    """Sweep, with a progress bar."""
    with exit_on_errors("Stopped. Run it again to sweep from the start; the daily sweep does so, too."):
        _sweep(choose_stage())


def known_total(records: int, seen: int) -> int | None:
    """Return the number of keys to visit; None once there are more keys than records."""
    return records if seen < records else None


def _sweep(stage: Stage) -> None:
    adapters = Services(stage.settings, session=stage.session)
    totals = adapters.table.get_totals(stage.settings.source_bucket)
    records = totals["compressed"] + totals["failed"]
    position = sweep.Position()
    with Progress(*_COLUMNS) as progress:
        progress.add_task("", total=None, rate=0, **asdict(position))
        (task,) = progress.tasks
        started = monotonic()
        for position in sweep.of(adapters).positions(position):  # noqa: B020
            task.total = known_total(records, position.seen)
            rate = position.seen / (monotonic() - started)
            progress.update(task.id, completed=position.seen, rate=rate, **asdict(position))
        progress.update(task.id, total=max(1, position.seen), completed=max(1, position.seen))
    found = ", ".join(f"{asdict(position)[name]} {name}" for name in _FINDINGS)
    print(f"{position.seen} seen, {found}, {position.requeued} passed to the compress function.")


if __name__ == "__main__":
    main()
