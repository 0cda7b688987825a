"""The browser of the tests and screenshots, where there is none."""

from unittest.mock import Mock

import pytest

from tools.browser import ChromiumMissingError, chromium


def test_a_missing_chromium_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    with pytest.raises(ChromiumMissingError, match="apt-get install chromium"), chromium(Mock()):
        pass
