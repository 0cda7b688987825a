"""The table of formats: what other modules derive from it must be unambiguous."""

from importlib import import_module

import pytest

from chalicelib.imaging.codecs.base import Codec
from chalicelib.imaging.formats import FORMATS, Format
from tests.fixtures.processes import python

WRITTEN = [format_ for format_ in FORMATS.values() if format_.codec]


@pytest.mark.parametrize("values", ["extensions", "content_types", "brands"])
def test_formats_share_no_extension_type_or_brand(values: str) -> None:
    all_of_them = [value for format_ in FORMATS.values() for value in getattr(format_, values)]

    assert len(all_of_them) == len(set(all_of_them))


@pytest.mark.parametrize("format_", FORMATS.values(), ids=list(FORMATS))
def test_the_decoder_of_a_format_exists(format_: Format) -> None:
    assert callable(getattr(import_module(format_.plugin), format_.opener))
    assert format_.signature or format_.brands


@pytest.mark.parametrize("format_", WRITTEN, ids=lambda format_: format_.name)
def test_a_format_that_is_written_has_every_function_of_a_codec(format_: Format) -> None:
    functions = {"encode", "strip", *(["animate"] if format_.animates else [])}

    assert functions <= vars(Codec).keys()
    assert functions <= vars(import_module(format_.codec)).keys()


def test_the_table_is_read_without_pillow() -> None:
    code = "import sys, chalicelib.imaging.formats; print('PIL' in sys.modules)"

    assert python("-c", code).stdout == "False\n"
