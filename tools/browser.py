"""Debian's Chromium, driven by Playwright."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Playwright

# The first has no windows: a page costs a third of the CPU time.
_NAMES = ("chromium-headless-shell", "chromium")
_QUIET = ("--disable-quic", "--disable-background-networking", "--disable-component-update", "--no-first-run")


class ChromiumMissingError(RuntimeError):
    """There is no Chromium on this machine; the message says how to install it."""


@contextmanager
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Run Chromium without a window.

    Raises:
        ChromiumMissingError: It is not installed.
    """
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        raise ChromiumMissingError("Chromium is missing: apt-get install chromium-headless-shell")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # as root, Chromium has none
    browser = playwright.chromium.launch(executable_path=path, args=[*_QUIET, *sandbox])
    yield browser
    browser.close()
