"""Which functions an app has, and what runs in each."""

from collections.abc import Callable

import pytest

from tests.unit.policies.conftest import ACCOUNT, Follow
from tools.policies.errors import PolicyError
from tools.policies.generator import Project

PUT = 'boto3.client("s3").put_object(Bucket="pictures", Key="k")'
WRITES = {"s3:PutObject": {"pictures/*"}}
ROUTES = f"""
    @app.lambda_function(name="g")
    def called_otherwise(event, context):
        pass

    @app.route("/")
    def one():
        pass

    @app.route("/{{name}}", methods=["POST"])
    def two(name):
        {PUT}
"""


def test_routes_share_a_function(follow: Follow) -> None:
    assert follow(app=ROUTES, function="api_handler") == WRITES


def test_a_function_may_have_another_name(follow: Follow) -> None:
    assert follow(app=ROUTES, function="g") == {}


def test_a_route_may_be_registered_by_a_call(follow: Follow) -> None:
    app = f"""
        def view():
            {PUT}
        for path in ["/a", "/b"]:
            app.route(path)(view)
    """
    assert follow(app=app, function="api_handler") == WRITES


@pytest.mark.parametrize(
    ("event", "runs"), [("'all'", True), ("", True), ("'pure_lambda'", True), ("event_type='http'", False)]
)
def test_middleware_runs_in_the_functions_of_its_event(follow: Follow, event: str, runs: bool) -> None:
    app = f"""
        @app.middleware({event})
        def around(event, get_response):
            {PUT}
            return get_response(event)

        @app.lambda_function()
        def f(event, context):
            pass
    """
    assert follow(app=app) == (WRITES if runs else {})


def test_a_decorator_of_the_app_itself_is_followed(follow: Follow) -> None:
    app = f"""
        def putting(view):
            def wrapped(event, context):
                {PUT}
                return view(event, context)
            return wrapped

        @app.lambda_function()
        @putting
        def f(event, context):
            pass
    """
    assert follow(app=app) == WRITES


@pytest.mark.parametrize(
    ("code", "named"),
    [
        ("@app.on_sqs_message(queue='q')\ndef f(event):\n    pass", "app.py:5: app.on_sqs_message"),
        ("app.register_blueprint(other)", "app.py:5: app.register_blueprint"),
        ("register = app.route('/')\nregister(f)", "app.py:5: app.route"),
    ],
)
def test_handlers_that_are_not_followed_are_named(
    project: Callable[..., Project], code: str, named: str
) -> None:
    with pytest.raises(PolicyError, match=named):
        project(app=code).policies("dev", ACCOUNT)
