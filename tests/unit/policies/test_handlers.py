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
        ("a = app\n@a.lambda_function()\ndef f(event, context): pass", "app.py:5: app is not"),
        ("make = app.lambda_function\n@make()\ndef f(event, context): pass", "app.py:5: app.lambda_function"),
        ("from chalicelib import routes\nroutes.register(app)", "app.py:6: app is not"),
        ("def make():\n    @app.route('/')\n    def view(): pass\nmake()", "app.py:6: app.route"),
        ("class Views:\n    @app.route('/')\n    def view(): pass", "app.py:6: app.route"),
        ("app.route('/')(lambda: None)", "app.py:5: app.route"),
        ("def other(f): pass\n@other\n@app.lambda_function()\ndef f(e, c): pass", "app.py:7: app.lambda"),
        ("N = 'g'\n@app.lambda_function(name=N)\ndef f(e, c): pass", "app.py:7: the name of app.lambda"),
        ("@app.lambda_function(**named)\ndef f(e, c): pass", r"app.py:6: what is passed by \* or \*\*"),
        (
            "KIND = 'all'\n@app.middleware(KIND)\ndef m(e, n): pass\n@app.route('/')\ndef v(): pass",
            "the event_type",
        ),
        ("app.route('/')(nowhere)", "nothing is known of nowhere, which Lambda calls"),
    ],
)
def test_handlers_that_are_not_followed_are_named(
    project: Callable[..., Project], code: str, named: str
) -> None:
    with pytest.raises(PolicyError, match=named):
        project(app=code).policies("dev", ACCOUNT)


@pytest.mark.parametrize(
    "made",
    [
        "from chalice import Chalice\napp: Chalice = Chalice(app_name='x')",
        "from chalice import Chalice\napp = application = Chalice(app_name='x')",
        "from chalice import Chalice as C\napp = C(app_name='x')",
        "import chalice\napp = chalice.Chalice(app_name='x')",
        "import chalice.app as c\napp = c.Chalice(app_name='x')",
    ],
)
def test_the_app_is_known_however_it_is_made(follow: Follow, made: str) -> None:
    handler = f"import boto3\n@app.lambda_function()\ndef f(event, context):\n    {PUT}\n"
    assert follow(modules={"app.py": f"{made}\n{handler}"}) == WRITES


@pytest.mark.parametrize(
    "made",
    [
        "",
        "from chalicelib.core import app",
        "from chalice import Chalice\nclass Mine(Chalice): pass\napp = Mine(app_name='x')",
        "from chalice import Chalice\ndef make(): return Chalice(app_name='x')\napp = make()",
        "from chalice import Chalice\napp = Chalice(app_name='x')\nother = Chalice(app_name='y')",
        "from chalice import Chalice\napp = Chalice(app_name='x')\napp = event",
        "from chalice import Chalice\napp = Chalice(app_name='x')\nfrom chalicelib.core import app",
        "from chalice import Chalice\nimport lib\napp = lib.traced(Chalice(app_name='x'))",
    ],
)
def test_an_app_that_cannot_be_told_is_refused(project: Callable[..., Project], made: str) -> None:
    handler = "@app.lambda_function()\ndef f(event, context): pass\n"
    with pytest.raises(PolicyError, match=r"^app.py:\d: which app this is cannot be told"):
        project(modules={"app.py": f"{made}\n{handler}"}).policies("dev", ACCOUNT)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (
            "import app as m\n@m.app.route('/')\ndef view(): pass",
            "routes.py:2: app.route is followed in app.py",
        ),
        ("from app import app\nimport lib\nlib.add(app)", "routes.py:3: the app is passed to a library"),
    ],
)
def test_other_modules_register_nothing(project: Callable[..., Project], code: str, why: str) -> None:
    app = "@app.lambda_function()\ndef f(event, context): pass\nfrom chalicelib import routes"
    with pytest.raises(PolicyError, match=why):
        project(app=app, modules={"chalicelib/routes.py": code}).policies("dev", ACCOUNT)


def test_a_name_may_be_given_by_position(follow: Follow) -> None:
    app = f"@app.lambda_function('g')\ndef f(event, context): {PUT}\n"
    assert follow(app=app, function="g") == WRITES


def test_a_function_may_also_be_called_by_the_app_itself(follow: Follow) -> None:
    app = f"""
        def put(event, context):
            {PUT}
        again = app.lambda_function(name="g")(put)

        @app.lambda_function()
        def f(event, context):
            again(event, context)
    """
    assert follow(app=app) == WRITES
