"""Ends work before Lambda ends the worker, while there is time to record why."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, NoReturn

SECONDS_TO_RECORD: Final = 5


class OutOfTime(BaseException):
    """The time is up. This is not an `Exception`, so that no handler of a decoder's errors takes it."""


@contextmanager
def limited(milliseconds_left: int) -> Iterator[None]:
    """Raise `OutOfTime` in the main thread, `SECONDS_TO_RECORD` before Lambda's time-out.

    A step that does not return to Python, such as one call of a codec, is not interrupted. Lambda then ends the worker.

    Args:
        milliseconds_left: As Lambda's context says. Where it is too short to record anything, nothing is limited.
    """
    seconds = milliseconds_left / 1000 - SECONDS_TO_RECORD
    previous = signal.signal(signal.SIGALRM, _time_is_up)
    signal.setitimer(signal.ITIMER_REAL, max(0, seconds))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def _time_is_up(*_: Any) -> NoReturn:
    raise OutOfTime
