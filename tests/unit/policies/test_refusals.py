"""What cannot be followed stops the generator, with the line where that is: it never widens a policy."""

from collections.abc import Callable

import pytest

from tests.unit.policies.conftest import ACCOUNT
from tools.policies.errors import PolicyError
from tools.policies.generator import Project

FIRST = 7  # the line of the body's first statement in app.py


@pytest.mark.parametrize(
    ("body", "line", "why"),
    [
        ('boto3.client("s3").put_object(Bucket=event["bucket"], Key="k")', 0, "Bucket cannot be told"),
        ('boto3.client("s3").put_object(Bucket=os.environ["UNSET"], Key="k")', 0, "Bucket cannot be told"),
        ('boto3.client("s3").put_object(Bucket=os.getenv("UNSET", ""), Key="k")', 0, "may be empty"),
        ('boto3.client("s3").put_object(Key="k")', 0, "it has no Bucket"),
        ('boto3.client("s3").put_object(**event)', 0, r"by \* or \*\* cannot be told"),
        ('boto3.client("s3").put_objects(Bucket="b")', 0, "there is no such method"),
        ('boto3.client("s3").copy_object(Bucket="b", CopySource="c/k", Key="k")', 0, "what a copy needs"),
        ('boto3.client("ssm").get_parameter(Name="n")', 0, "resources of ssm are not known"),
        ("boto3.client(event['service'])", 0, "of which service"),
        ("boto3.resource('s3').Bucket('b').delete()", 0, "boto3.resource is not followed"),
        (
            "from boto3 import resource\nresource('s3').Bucket('b').delete()",
            1,
            "boto3.resource is not followed",
        ),
        (
            "import botocore.session as s\ns.get_session().create_client('s3')",
            1,
            "botocore.session.get_session",
        ),
        ("boto3.setup_default_session(region_name='eu-west-2')", 0, "boto3.setup_default_session"),
        ("from s3transfer.manager import TransferManager\nTransferManager(1)", 1, "s3transfer.manager"),
        ("from mylib import s3\ns3.upload_file('a', 'b', 'k')", 1, "looks like a call of AWS"),
        (
            (
                "import lib\nclass A:\n    @lib.cached_property\n    def s3(self): return boto3.client('s3')\n"
                "A().s3.upload_file('a', 'b', 'k')"
            ),
            4,
            "looks like a call of AWS",
        ),
        ("import mylib\nmylib.db.query(TableName='T')", 1, "looks like a call of AWS"),
        ("import mylib\nmylib.get().query(**event)", 1, "looks like a call of AWS"),
        ("import mylib\nlist(map(mylib.get().head_object, event))", 1, "looks like a call of AWS"),
        ("import mylib\ngetattr(mylib.get(), 'list_buckets')()", 1, "looks like a call of AWS"),
        ('client = boto3.client("s3")\ngetattr(client, event["do"])(Bucket="b")', 1, "passed to a library"),
        ('client = boto3.client("s3")\nlist(map(client.head_object, event))', 1, "passed to a library"),
        ('import threading\nthreading.local().client = boto3.client("s3")', 1, "passed to a library"),
        ('raise RuntimeError(boto3.client("s3"))', 0, "passed to a library"),
        ("client = event.client\nclient.get_object(Bucket='b', Key='k')", 1, "looks like a call of AWS"),
        ("def f(event): pass\nevent.send(f).get_object(Bucket='b', Key='k')", 1, "looks like a call of AWS"),
        ("def f(on_end=None): on_end()\nf()", 0, "nothing is known of on_end"),
        ("class A(metaclass=type): pass", 0, "metaclass"),
        ("CLIENT.upload_file('a', 'b', 'c')", 0, "CLIENT is bound nowhere"),
        ("import chalicelib\ngetattr(chalicelib, event)()", 1, "an attribute is called here"),
        ("eval(event)", 0, "cannot be told"),
        (
            "import random\nb = ['a']\nrandom.shuffle(b)\nboto3.client('s3').put_object(Bucket=b[0], Key='k')",
            3,
            "Bucket cannot be told",
        ),
        (
            "import lib\nb = {'a': 'b'}\nlib.fill(b)\nboto3.client('s3').put_object(Bucket=b['a'], Key='k')",
            3,
            "Bucket cannot be told",
        ),
        (
            "import lib\nclass A(lib.M):\n    b = 'a'\nboto3.client('s3').put_object(Bucket=A(b=event).b, Key='k')",
            3,
            "Bucket cannot be told",
        ),
        (
            "import lib\nclass A(lib.M):\n    b = 'a'\nboto3.client('s3').put_object(Bucket=A(event).b, Key='k')",
            3,
            "Bucket cannot be told",
        ),
        (
            "import lib\n@lib.m\nclass A:\n    b = 'a'\nboto3.client('s3').put_object(Bucket=A(event).b, Key='k')",
            4,
            "Bucket cannot be told",
        ),
        ("try:\n    pass\nexcept* KeyError as e: e.exceptions[0].go()", 0, r"except\\*"),
        ("from chalicelib.missing import put\nput()", 0, "the app has no chalicelib.missing.put"),
        ("import chalicelib.missing", 0, "the app has no chalicelib.missing"),
        ("class A:\n    b = 'a'\nA().__dict__['b'] = event", 2, "which attribute is set"),
        ("import sys\ngetattr(sys.modules[__name__], 'do_' + event)()", 1, "sys.modules"),
        (
            "class A:\n    pass\nA().__dict__['s3'].upload_file('a', 'b', 'c')",
            2,
            "an attribute is called here",
        ),
        ("class A:\n    pass\nvars(A())['s3'].upload_file('a', 'b', 'c')", 2, "cannot be told"),
        ("class A:\n    pass\ngetattr(A(), event).s3.upload_file('a')", 2, "an attribute is called here"),
        ("class A:\n    b = 'a'\na = A()\nsetattr(a, event, 'b')", 3, "which attribute is set"),
        (
            "class A:\n    b = 'a'\na = A()\nsetattr(a, 'b', event)\nboto3.client('s3').put_object(Bucket=a.b, Key='k')",
            4,
            "Bucket cannot be told",
        ),
        ("class A:\n    def f(self): super().__setattr__('b', 1)\nA().f()", 1, "an attribute is called here"),
        ("class A: pass\ntype('B', (A,), {})().go()", 1, "which class this makes"),
        ("os.environ['BUCKET'] = 'b'", 0, "an environment variable is set"),
        ("os.environ.update(BUCKET='b')", 0, "environment variables are changed"),
        ("boto3.client('s3').put_object(Bucket='bucket'[:event], Key='k')", 0, "Bucket cannot be told"),
        (
            "for name in {**event, 'a': 1}: boto3.client('s3').put_object(Bucket=name, Key='k')",
            0,
            "Bucket cannot be told",
        ),
        ("d = {'c': 1}\nd.put_object('a')", 1, "nothing is known of d.put_object"),
        ("from importlib import import_module\nimport_module(event)", 1, "which module"),
        ("from importlib import import_module\nimport_module('.work', 'chalicelib')", 1, "which module"),
        (
            "from importlib import import_module\nimport_module('boto3').resource('s3')",
            1,
            "boto3.resource is not",
        ),
        ("list(map(eval, event))", 0, "cannot be told"),
        (
            "from functools import partial\npartial(boto3.resource, 's3')()",
            1,
            "boto3.resource is not followed",
        ),
        ("from chalicelib import *", 0, r"imported by \*"),
        ('boto3.client("s3").get_paginator(event)', 0, "paginator"),
        ('boto3.client("s3").get_waiter("nothing")', 0, "waiter"),
        ('boto3.client("s3").generate_presigned_url(event, Params={"Bucket": "b"})', 0, "URL"),
        ('boto3.client("dynamodb").transact_write_items(TransactItems=event)', 0, "transaction"),
        ('boto3.client("dynamodb").batch_get_item(RequestItems={event: {}})', 0, "RequestItems"),
        ('boto3.client("dynamodb").query(TableName="T", IndexName=event)', 0, "IndexName cannot be told"),
        ('boto3.client("s3").copy({"Bucket": "a", "Key": "k"}, "b", "k")', 0, "what a copy needs"),
        (
            'boto3.client("s3").put_object(Bucket="b", Key="k", SSEKMSKeyId="key")',
            0,
            "what its SSEKMSKeyId needs",
        ),
        ('boto3.client("s3").put_object(Bucket="b", Key="k", Newest="x")', 0, "what its Newest needs"),
        ('boto3.client("s3").upload_file("f", "b", "k", ExtraArgs=event)', 0, "its ExtraArgs cannot be told"),
        ('boto3.client("s3").upload_file("f", "b", "k", *event)', 0, r"by \* or \*\* cannot be told"),
        (
            'boto3.client("s3").delete_objects(Bucket="b", Delete={"Objects": event})',
            0,
            "whether its Delete names versions",
        ),
        (
            'boto3.client("s3").generate_presigned_post("b", "k", Fields=event)',
            0,
            "its Fields cannot be told",
        ),
        (
            'boto3.client("s3").generate_presigned_post("b", "k", Conditions=[event])',
            0,
            "its Conditions cannot be told",
        ),
        (
            'boto3.client("s3").generate_presigned_post("b", "k", Conditions=[["eq", event, 1]])',
            0,
            "Conditions cannot be told",
        ),
        (
            'boto3.client("s3").generate_presigned_post("b", "k", Fields={"new": ""})',
            0,
            "what its field new needs",
        ),
        (
            'boto3.client("s3").head_bucket(Bucket="arn:aws:s3:eu-west-1:1:accesspoint/a")',
            0,
            "the ARN of its Bucket",
        ),
        ('boto3.client("s3").head_bucket(Bucket="point-1a2b-s3alias")', 0, "the ARN of its Bucket"),
        ('boto3.client("s3").head_bucket(Bucket="pictures*")', 0, "the ARN of its Bucket"),
        ('boto3.client("dynamodb").scan(TableName="*")', 0, "the ARN of its TableName"),
        ('boto3.client("dynamodb").create_table(TableName="T", Tags=[])', 0, "what its Tags needs"),
        ('boto3.client("lambda").invoke(FunctionName="f", Qualifier=event)', 0, "Qualifier cannot be told"),
        (
            'boto3.client("lambda").invoke(FunctionName="f:live", Qualifier="new")',
            0,
            "the ARN of its Qualifier",
        ),
        ('boto3.client("lambda").invoke(FunctionName="arn:aws:lambda:f")', 0, "the ARN of its FunctionName"),
        ('boto3.client("sqs").send_message(QueueUrl="q", MessageBody="")', 0, "the ARN of its QueueUrl"),
        ('boto3.client("sns").publish(TopicArn="t", Message="")', 0, "the ARN of its TopicArn"),
        ('boto3.client("dynamodb", region_name=event)', 0, "which region"),
        ("boto3.Session(region_name=event)", 0, "which region"),
        ('from botocore.config import Config\nConfig(region_name="eu-west-2")', 1, "a region in a Config"),
    ],
)
def test_it_is_named_with_file_and_line(
    project: Callable[..., Project], body: str, line: int, why: str
) -> None:
    with pytest.raises(PolicyError, match=rf"(?m)^app\.py:{FIRST + line}: .*{why}"):
        project(body).policies("dev", ACCOUNT)


def test_an_object_that_holds_a_client_does_not_get_lost_in_a_library(
    project: Callable[..., Project],
) -> None:
    body = """
        class Holder:
            def __init__(self, client):
                self.clients = [client]
        import json
        json.dumps(Holder(boto3.client("s3")))
    """
    with pytest.raises(PolicyError, match=rf"app.py:{FIRST + 4}: a Holder, which holds a client"):
        project(body).policies("dev", ACCOUNT)


def test_methods_that_a_library_calls_back_are_followed(project: Callable[..., Project]) -> None:
    body = """
        import logging
        class Handler(logging.Handler):
            def emit(self, record):
                boto3.client("s3").put_object(Bucket=record.bucket, Key="k")
        Handler()
    """
    with pytest.raises(PolicyError, match=rf"app.py:{FIRST + 3}: .*Bucket cannot be told"):
        project(body).policies("dev", ACCOUNT)


def test_all_problems_of_all_functions_are_told_at_once(project: Callable[..., Project]) -> None:
    app = """
        @app.lambda_function()
        def f(event, context):
            eval(event)

        @app.route("/")
        def view():
            boto3.client("s3").head_bucket(Bucket=app.current_request.method)
    """
    with pytest.raises(PolicyError) as raised:
        project(app=app).policies("dev", ACCOUNT)
    assert [line.partition(" ")[0] for line in str(raised.value).splitlines()] == ["app.py:12:", "app.py:8:"]


def test_what_is_not_reached_is_no_problem(project: Callable[..., Project]) -> None:
    project("def unused():\n    eval(event)").policies("dev", ACCOUNT)


def test_a_function_without_a_policy_of_its_own_is_refused(project: Callable[..., Project]) -> None:
    with pytest.raises(PolicyError, match="autogen_policy"):
        project(autogen_policy=True).policies("dev", ACCOUNT)


def test_an_unknown_stage_is_named_beside_those_there_are(project: Callable[..., Project]) -> None:
    with pytest.raises(PolicyError, match="no stage 'staging', only dev"):
        project().policies("staging", ACCOUNT)
