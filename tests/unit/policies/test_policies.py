"""Which permissions follow from code, and which code is refused, on small apps made for one test each."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent, indent

import pytest

from tests.fixtures.processes import python
from tools.account import Account
from tools.chalice_config import FAILURE_DESTINATIONS
from tools.deploy.attachments import ASYNCHRONOUS
from tools.policies.__main__ import LOCAL
from tools.policies.program import PolicyError
from tools.policies.stage import Policy, policies
from tools.server import PROJECT

ACCOUNT = Account("123456789012", "eu-west-1", "arn:aws:iam::123456789012:user/me")
STAGES = json.loads((PROJECT / ".chalice" / "config.json").read_text())["stages"]
FUNCTION_ARN = "arn:{partition}:lambda:{region}:{account}:function:{stage_name}-g"

Follow = Callable[..., Mapping[str, set[str]]]


def adapter(methods: str, name: str = "Bucket", arn: str = "arn:{partition}:s3:::{BUCKET}") -> str:
    return f"""\
class {name}:
    ARN: Final = "{arn}"

    def __init__(self, client):
        self._client = client

{indent(dedent(methods).strip(), "    ")}


"""


@pytest.fixture(scope="module")
def local() -> list[Policy]:
    """The policies of the stage `local`."""
    return list(policies(PROJECT, "local", LOCAL))


@pytest.fixture
def follow(tmp_path: Path) -> Follow:
    """Return what the function `f` of an app is allowed, but for its log: the resources of each action.

    The app has `f(event, context)` with a given body, adapters in chalicelib/adapters.py, and other modules.
    """

    def followed(body: str, /, adapters: str = "", app: str = "", **modules: str) -> Mapping[str, set[str]]:
        handler = f"@app.lambda_function()\ndef f(event, context):\n{indent(dedent(body).strip(), '    ')}\n"
        files = {
            "app.py": f"from chalicelib import adapters, services\n{dedent(app) or handler}",
            "chalicelib/__init__.py": "",
            "chalicelib/adapters.py": adapters,
            "chalicelib/aws/clients.py": "def s3():\n    return boto3.client('s3')\n",
            "chalicelib/services.py": _SERVICES,
            **{f"chalicelib/{name}.py": dedent(text) for name, text in modules.items()},
        }
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (tmp_path / ".chalice").mkdir()
        functions = {
            name: {"iam_policy_file": f"{name}.json"}
            for name in ("f", "g", "api_handler")
            if f"def {name}" in files["app.py"]
        }
        if "app.route" in files["app.py"]:
            functions["api_handler"] = {"iam_policy_file": "api.json"}
        environment = {
            "BUCKET": "pictures",
            "TABLE": "Records",
            "DEAD_LETTER_QUEUE_ARN": "arn:aws:sqs:::dead",
        }
        stages = {"dev": {"environment_variables": environment, "lambda_functions": functions}}
        (tmp_path / ".chalice" / "config.json").write_text(json.dumps({"app_name": "app", "stages": stages}))
        found: dict[str, set[str]] = {}
        for grant in policies(tmp_path, "dev", ACCOUNT)[0].grants:
            if not grant.action.startswith("logs:"):
                found.setdefault(grant.action, set()).add(grant.resource)
        return found

    return followed


_SERVICES = """\
from chalicelib import adapters
from chalicelib.aws import clients
"""

PUT = adapter("def put_it(self, key):\n    self._client.put_object(Bucket='x', Key=key)")
PICTURES = "arn:aws:s3:::pictures/*"


@pytest.mark.parametrize(
    "body",
    [
        "adapters.Bucket(None).put_it('k')",
        "whatever.put_it('k')",
        "put = event['bucket'].put_it\nput('k')",
        "list(map(event['bucket'].put_it, 'abc'))",
        "from chalicelib import work\nwork.start(event)",
        "from chalicelib.work import start as begin\nbegin(event)",
        "from chalicelib.work import Worker\nWorker(event)",
        "from chalicelib.work import Encoder\njson.dumps(event, cls=Encoder)",
        "from chalicelib.work import TABLE\nTABLE['put']()",
        "from chalicelib import importing",
    ],
)
def test_a_call_is_found_wherever_the_handler_can_reach_it(follow: Follow, body: str) -> None:
    work = """\
        import json

        def start(event):
            return [event.put_it(key) for key in 'ab']

        class Worker:
            def __init__(self, event):
                start(event)

        class Encoder(json.JSONEncoder):
            def default(self, value):
                return value.put_it('k')

        TABLE = {"put": start}
    """
    found = follow(body, PUT, work=work, importing="from chalicelib.work import start\nstart(1)\n")

    assert found == {"s3:PutObject": {PICTURES}}


@pytest.mark.parametrize(
    "body", ["pass", "adapters.Bucket(None)", "from chalicelib import work\nwork.idle()"]
)
def test_what_the_handler_cannot_reach_is_not_allowed(follow: Follow, body: str) -> None:
    assert follow(body, PUT, work="def idle(): pass\n\ndef start(bucket):\n    bucket.put_it('k')\n") == {}


@pytest.mark.parametrize(
    ("call", "allowed"),
    [
        ("get_object(Bucket='x', Key='k')", {"s3:GetObject": {PICTURES}, "s3:ListBucket": {PICTURES[:-2]}}),
        ("put_object(Bucket='x', IfMatch='e')", {"s3:PutObject": {PICTURES}, "s3:GetObject": {PICTURES}}),
        ("put_object(Bucket='x', **more)", {"s3:PutObject": {PICTURES}, "s3:GetObject": {PICTURES}}),
        ("put_object(Bucket='x', IfNoneMatch='*')", {"s3:PutObject": {PICTURES}}),
        ("generate_presigned_url('get_object', Params={})", {"s3:GetObject": {PICTURES}}),
        ("generate_presigned_post('x', 'k')", {"s3:PutObject": {PICTURES}}),
    ],
)
def test_a_call_of_s3_needs_actions_by_its_arguments(
    follow: Follow, call: str, allowed: Mapping[str, set[str]]
) -> None:
    assert follow("event.act()", adapter(f"def act(self):\n    self._client.{call}")) == allowed


def test_a_query_may_read_the_index_that_it_names_alone(follow: Follow) -> None:
    table = "arn:{partition}:dynamodb:{region}:{account}:table/{TABLE}"
    methods = """\
        def by_time(self):
            self._client.query(TableName='x', IndexName='byTime')

        def by_key(self):
            self._client.query(TableName='x', IndexName='byKey')
    """
    found = follow("event.by_key()", adapter(methods, "Table", table))

    assert found == {"dynamodb:Query": {"arn:aws:dynamodb:eu-west-1:123456789012:table/Records/index/byKey"}}


def test_failed_events_of_functions_that_are_invoked_by_events_go_to_the_queue(follow: Follow) -> None:
    invoking = adapter("def go(self):\n    self._client.invoke(FunctionName='g')", "Function", FUNCTION_ARN)
    app = """\
        @app.lambda_function()
        def g(event, context):
            event.go()
    """
    assert follow("", invoking, app=app).keys() == {"lambda:InvokeFunction", "sqs:SendMessage"}


def test_failed_events_of_a_schedule_go_to_the_queue(follow: Follow) -> None:
    app = "@app.schedule('rate(1 day)')\ndef f(event):\n    pass\n"
    assert follow("", app=app) == {"sqs:SendMessage": {"arn:aws:sqs:::dead"}}


@pytest.mark.parametrize(
    ("adapters", "body", "message"),
    [
        (PUT, "getattr(event, event['name'])()", r"app\.py:4: getattr can hide a call of AWS"),
        (PUT, "event.__dict__['put_it']()", "__dict__ can hide"),
        (PUT, "importlib.import_module(event['name'])", "import_module can hide"),
        (PUT, "boto3.client('s3').put_object(Bucket='x')", "a client is made outside"),
        (PUT, "event.bucket._client.put_object(Bucket='x')", "_client is used outside an adapter"),
        (PUT, "from chalicelib.aws import clients\nclients.s3()", "pass what clients.s3 returns straight to an adapter"),
        (PUT, "from chalicelib.aws.clients import s3\nupload(s3())", "pass what s3 returns straight"),
        (adapter("def __init__(self, client):\n    upload(client)"), "", "a client is handed on; only set"),
        (adapter("def act(self):\n    upload(self._client)"), "", r"adapters\.py:\d+: a client is handed on"),
        (adapter("def act(self):\n    c = self._client\n    c.put_object(Bucket='x')"), "", "a client is handed on"),
        (adapter("def act(self):\n    self._client.put_objekt(Bucket='x')"), "event.act()", "s3 has no operation put_objekt"),
        (adapter("def act(self):\n    self._client.copy_object(Bucket='x')"), "event.act()", "the action of s3.copy_object is not known"),
        (adapter("def act(self):\n    self._client.put_object(ACL='x')"), "event.act()", "what ACL needs is not known"),
        (adapter("def act(self):\n    self._client.get_paginator('x')"), "event.act()", "s3 has no operation get_paginator"),
        (adapter("def act(self):\n    self._client.generate_presigned_url(event)"), "event.act()", "no operation generate_presigned_url"),
        (adapter("def act(self):\n    self._client.head_bucket()", arn="arn:aws:s3:::{OTHER}"), "event.act()", "OTHER is not set"),
        (PUT + adapter("def put_it(self):\n    pass", "Other"), "", "another class also has a method put_it"),
        (PUT, "from chalicelib.work import *", "this import is not followed"),
        (PUT, "import chalicelib.work", "this import is not followed"),
        (PUT, "from . import work", "this import is not followed"),
    ],
)  # fmt: skip
def test_what_cannot_be_followed_is_refused_with_its_place(
    follow: Follow, adapters: str, body: str, message: str
) -> None:
    with pytest.raises(PolicyError, match=message):
        follow(body or "pass", adapters)


def test_a_client_that_is_passed_to_an_adapter_is_fine(follow: Follow) -> None:
    body = "from chalicelib.aws import clients\nadapters.Bucket(clients.s3()).put_it('k')"
    assert follow(body, PUT) == {"s3:PutObject": {PICTURES}}


def test_the_routes_share_one_policy_with_the_middleware(follow: Follow) -> None:
    app = """\
        @app.middleware("http")
        def answer(request, get_answer):
            request.put_it('k')

        @app.route("/")
        def page():
            return page_of(event)
    """
    assert follow("", PUT, app=app) == {"s3:PutObject": {PICTURES}}


def test_a_function_that_config_json_does_not_have_is_refused(follow: Follow) -> None:
    with pytest.raises(
        PolicyError, match=r"app\.py and dev in config\.json differ in missing; name it in both"
    ):
        follow("", app="@app.lambda_function()\ndef missing(event, context):\n    pass\n")


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_allows_the_same_actions_and_no_wildcard(stage: str, local: list[Policy]) -> None:
    names = {
        "SOURCE_BUCKET": "a",
        "DEST_BUCKET": "b",
        "TABLE_NAME": "c",
        "DEAD_LETTER_QUEUE_ARN": "arn:aws:sqs:::d",
    }
    here = policies(PROJECT, stage, ACCOUNT, names)

    assert [{grant.action for grant in each.grants} for each in here] == [
        {grant.action for grant in each.grants} for each in local
    ]
    for action, resource in (grant for each in here for grant in each.grants):
        assert "*" not in action + resource.removesuffix("/*").removesuffix(":*")
    files = [each.file for each in here]
    assert len(set(files)) == len(files) == 5
    assert all(f"-{stage}-" in file for file in files)


def test_the_functions_with_a_dead_letter_queue_are_those_that_the_deploy_gives_one(
    local: list[Policy],
) -> None:
    sending = {each.function for each in local if "sqs:SendMessage" in dict(each.grants)}
    assert sending == set(ASYNCHRONOUS) - FAILURE_DESTINATIONS.keys()


def test_the_command_line_checks() -> None:
    result = python("-m", "tools.policies", environment={**os.environ, "CHECK": "1"})
    assert (result.returncode, result.stdout) == (0, "The policies of local are what its code needs.\n")
