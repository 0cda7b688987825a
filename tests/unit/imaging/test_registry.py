"""The table of formats: what other modules derive from it must be unambiguous."""

import pytest

from chalicelib.imaging.formats import FORMATS
from tests.fixtures.processes import python


@pytest.mark.parametrize("values", ["extensions", "content_types", "brands"])
def test_formats_share_no_extension_type_or_brand(values: str) -> None:
    all_of_them = [value for format_ in FORMATS.values() for value in getattr(format_, values)]

    assert len(all_of_them) == len(set(all_of_them))


def test_the_table_is_read_without_pillow() -> None:
    code = "import sys, chalicelib.imaging.formats; print('PIL' in sys.modules)"

    assert python("-c", code).stdout == "False\n"
