"""Headers of the answers that API Gateway makes itself."""

import pytest

from chalicelib.api.responses import SECURITY
from tools.deploy.gateway import headers_of


@pytest.mark.parametrize("origins", [[], ["https://shop.example"]])
def test_they_are_those_of_the_app_s_answers(origins: list[str]) -> None:
    assert headers_of(origins).keys() >= SECURITY.keys()


def test_other_sites_read_them_only_where_the_settings_name_some() -> None:
    assert "Access-Control-Allow-Origin" not in headers_of([])
    assert headers_of(["https://shop.example"])["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("origins", [[], ["https://shop.example"]])
def test_none_has_a_quote_which_api_gateway_puts_around_each(origins: list[str]) -> None:
    assert [value for value in headers_of(origins).values() if "'" in value] == []
