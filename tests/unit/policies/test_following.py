"""From the handler to the client: which calls a function reaches, and on what."""

from collections.abc import Callable

import pytest

from tests.unit.policies.conftest import ACCOUNT, Follow
from tools.policies.errors import PolicyError
from tools.policies.generator import Project

STORE = """
    class Store:
        def __init__(self, client, bucket):
            self._client = client
            self.bucket = bucket

        def read(self, key):
            return self._client.get_object(Bucket=self.bucket, Key=key)

        def drop(self, key):
            self._client.delete_object(Bucket=self.bucket, Key=key)
"""
READS = {"s3:GetObject": {"pictures/*"}, "s3:ListBucket": {"pictures"}}
WRITES = {"s3:PutObject": {"pictures/*"}}


def test_a_function_that_calls_nothing_may_nothing(follow: Follow) -> None:
    assert follow("return event") == {}


@pytest.mark.parametrize(
    "body",
    [
        'boto3.client("s3").put_object(Bucket=os.environ["BUCKET"], Key="k")',
        'boto3.Session().client("s3").put_object(Bucket=os.environ.get("BUCKET"), Key="k")',
        'from boto3.session import Session\nSession().client("s3").put_object(Bucket="pictures", Key="k")',
        'boto3.session.Session().client("s3").put_object(Bucket="pictures", Key="k")',
        'boto3.client(service_name="s3").put_object(Bucket=os.getenv("BUCKET", "none"), Key="k")',
        'import boto3 as aws\naws.client("s3").put_object(Bucket="pictures", Key="k")',
        'from boto3 import client as make\nmake("s3").put_object(Bucket="pictures", Key="k")',
        'put = boto3.client("s3").put_object\nput(Bucket="pictures", Key="k")',
        'with_key = {"Bucket": "pictures", "Key": "k"}\nboto3.client("s3").put_object(**with_key)',
    ],
)
def test_a_client_is_known_however_it_was_made(follow: Follow, body: str) -> None:
    assert follow(body) == WRITES


@pytest.mark.parametrize(
    "body",
    [
        "from chalicelib import work\nwork.put(client)",
        "from chalicelib.work import put as other\nother(client=client)",
        "import chalicelib.work\nchalicelib.work.put(client)",
        "from importlib import import_module\nimport_module('chalicelib.work').put(client)",
        "import chalicelib.work as w\n(lambda c: w.put(c))(client)",
        "from chalicelib.work import put\nfor act in [put]:\n    act(client)",
        "from chalicelib.work import put\nactions = {'put': put}\nactions['put'](client)",
        "from chalicelib.work import put\nfor name, act in {'put': put}.items():\n    act(client)",
        "from chalicelib.work import run, put\nrun(put, client)",
        "from chalicelib.work import held\nheld(client)()",
        "from chalicelib.work import decorated\ndecorated(client)",
        "from chalicelib.work import shared\nshared().put()",
        "from chalicelib.work import Puts\nPuts(client)()",
        "from chalicelib.work import Puts\nwith Puts(client):\n    pass",
        "from chalicelib.work import Fast\nFast(client).put()",
        "from chalicelib.work import Fast\nFast.made(client).put()",
        "from chalicelib.work import Fast\nFast(client).lazily",
        "from chalicelib.work import Held\nHeld(client=client).client.put_object(Bucket='pictures', Key='k')",
        "from chalicelib.work import stream\nfor each in stream(client):\n    each.put_object(Bucket='pictures', Key='k')",
        "from chalicelib.work import spread\nspread(client)",
    ],
)
def test_a_call_is_found_wherever_it_is_made(follow: Follow, body: str) -> None:
    work = """
        from dataclasses import dataclass
        from functools import cache, wraps
        import boto3

        def put(client):
            client.put_object(Bucket="pictures", Key="k")

        def run(act, *arguments):
            return act(*arguments)

        def held(client):
            def inner():
                put(client)
            return inner

        def wrapping(view):
            @wraps(view)
            def wrapped(*args, **kwargs):
                return view(*args, **kwargs)
            return wrapped

        @wrapping
        def decorated(client):
            put(client)

        class Puts:
            def __init__(self, client):
                self.client = client

            def put(self):
                put(self.client)

            def __call__(self):
                self.put()

            def __enter__(self):
                return self

            def __exit__(self, *_):
                self.put()

        @cache
        def shared():
            return Puts(boto3.client("s3"))

        class Fast(Puts):
            def __init__(self, client):
                super().__init__(client)

            @classmethod
            def made(cls, client):
                return cls(client)

            @property
            def lazily(self):
                return self.put()

        @dataclass(frozen=True)
        class Held:
            client: object

        def stream(client):
            yield client

        def spread(client):
            first, *others = [client, 1]
            if first:
                first.put_object(**dict(Bucket="pictures", Key="k"))
    """
    given = f"client = boto3.client('s3')\n{body}"
    assert follow(given, modules={"chalicelib/work.py": work}) == WRITES


def test_a_method_that_is_not_reached_gives_nothing(follow: Follow) -> None:
    body = 'from chalicelib.store import Store\nStore(boto3.client("s3"), os.environ["BUCKET"]).read("k")'
    assert follow(body, modules={"chalicelib/store.py": STORE}) == READS


def test_objects_of_one_class_keep_their_resources_apart(follow: Follow) -> None:
    body = """
        from chalicelib.store import Store
        client = boto3.client("s3")
        Store(client, os.environ["BUCKET"]).read("k")
        Store(client, os.environ["OTHER"]).drop("k")
    """
    found = follow(body, modules={"chalicelib/store.py": STORE})
    assert found == {**READS, "s3:DeleteObject": {"archive/*"}}


def test_a_client_made_from_a_parameter_of_the_factory_is_of_that_service(follow: Follow) -> None:
    body = """
        def client(service):
            return boto3.client(service)
        client("s3").head_bucket(Bucket="pictures")
        client("lambda").invoke(FunctionName="other")
    """
    assert follow(body) == {"s3:ListBucket": {"pictures"}, "lambda:InvokeFunction": {"other"}}


def test_a_protocol_stands_for_what_is_passed(follow: Follow) -> None:
    modules = {
        "chalicelib/p.py": """
            from typing import Protocol

            class Keeper(Protocol):
                def keep(self) -> None: ...

            class Off:
                def keep(self) -> None:
                    pass

            class On:
                def __init__(self, client):
                    self.client = client
                def keep(self) -> None:
                    self.client.put_object(Bucket="pictures", Key="k")

            def work(keeper: Keeper) -> None:
                keeper.keep()
        """
    }
    assert follow("from chalicelib import p\np.work(p.Off())", modules=modules) == {}
    assert follow('from chalicelib import p\np.work(p.On(boto3.client("s3")))', modules=modules) == WRITES


def test_the_settings_of_a_dataclass_come_from_the_environment(follow: Follow) -> None:
    settings = """
        import os
        from dataclasses import dataclass
        from functools import cache

        @dataclass(frozen=True, slots=True)
        class Settings:
            bucket: str
            table: str
            target: str

            @classmethod
            def of(cls, environment):
                return cls(
                    bucket=_read(environment, "BUCKET"),
                    table=_read(environment, "TABLE"),
                    target=_read(environment, "TARGET"),
                )

        def _read(environment, variable: str) -> str:
            value = environment.get(variable, "")
            if not value:
                raise ValueError(variable)
            return value

        @cache
        def current() -> Settings:
            return Settings.of(os.environ)
    """
    body = """
        from chalicelib import settings
        now = settings.current()
        boto3.client("lambda").invoke(FunctionName=now.target.replace("-f", "-g"))
        boto3.client("lambda").invoke(FunctionName=context.function_name)
        boto3.client("dynamodb").get_item(TableName=f"{now.table}", Key={})
    """
    assert follow(body, modules={"chalicelib/settings.py": settings}) == {
        "lambda:InvokeFunction": {"app-dev-g", "app-dev-f"},
        "dynamodb:GetItem": {"table/Records"},
    }


def test_an_annotation_tells_what_the_code_does_not(follow: Follow) -> None:
    modules = {
        "chalicelib/typed.py": """
            from typing import TYPE_CHECKING, Any, Literal, cast

            if TYPE_CHECKING:
                from mypy_boto3_dynamodb import DynamoDBClient

            Index = Literal["byTime", "byName"]

            def query(client: "DynamoDBClient | None", index: Index) -> Any:
                return client.query(TableName="Records", IndexName=index)
        """
    }
    body = """
        import somewhere
        from chalicelib.typed import query
        query(somewhere.client(), event["index"])
    """
    assert follow(body, modules=modules) == {
        "dynamodb:Query": {"table/Records/index/byTime", "table/Records/index/byName"}
    }
    narrowed = body.replace('event["index"]', '"byTime"')
    assert follow(narrowed, modules=modules) == {"dynamodb:Query": {"table/Records/index/byTime"}}


def test_code_that_a_library_is_given_counts_as_called(follow: Follow) -> None:
    body = """
        from concurrent.futures import ThreadPoolExecutor
        client = boto3.client("s3")
        def put(key):
            client.put_object(Bucket="pictures", Key=key)
        with ThreadPoolExecutor() as pool:
            list(pool.map(put, event["keys"]))
    """
    assert follow(body) == WRITES


def test_importing_a_module_runs_it(follow: Follow) -> None:
    module = 'import boto3\nboto3.client("s3").put_object(Bucket="pictures", Key="k")'
    assert follow("from chalicelib import eager", modules={"chalicelib/eager.py": module}) == WRITES


def test_recursion_ends(follow: Follow) -> None:
    body = """
        class Node:
            def __init__(self, client, name):
                self.client, self.name = client, name
            def child(self):
                self.client.put_object(Bucket="pictures", Key=self.name)
                return Node(self.client, self.name + "/x").child()
        Node(boto3.client("s3"), "a").child()
    """
    assert follow(body) == WRITES


PUT = 'client.put_object(Bucket="pictures", Key="k")'


@pytest.mark.parametrize(
    "body",
    [
        f"calls = []\ncalls.append(lambda: {PUT})\nfor call in calls: call()",
        f"calls = {{}}\ncalls.setdefault('a', lambda: {PUT})\ncalls['a']()",
        f"for call in sorted([lambda: {PUT}]): call()",
        f"for number, call in enumerate([lambda: {PUT}]): call()",
        f"for call in {{'a': lambda: {PUT}}}.values(): call()",
        "clients = []\nclients += [client]\nclients[0].put_object(Bucket='pictures', Key='k')",
        "(a, (b, c)) = (1, (2, client))\nc.put_object(Bucket='pictures', Key='k')",
        "def f(*clients): clients[0].put_object(Bucket='pictures', Key='k')\nf(client)",
        "def f(**given): client.put_object(**given)\nf(Bucket='pictures', Key='k')",
        "def f(c=client): c.put_object(Bucket='pictures', Key='k')\nf()",
        f"from functools import reduce\nreduce(lambda a, b: {PUT}, [1, 2])",
        f"import lib\n@lib.hook\ndef f(): {PUT}",
        f"from functools import singledispatch\n@singledispatch\ndef f(x): pass\n@f.register\ndef _(x: int): {PUT}",
        f"import asyncio\nasync def f(): {PUT}\nasync def g(): await f()\nasyncio.run(g())",
        f"try:\n    pass\nfinally:\n    {PUT}",
        f"match event:\n    case {{'a': x}}:\n        {PUT}",
        "calls = {}\ncalls.update({'c': client})\ncalls['c'].put_object(Bucket='pictures', Key='k')",
        "calls = {}\ncalls |= {'c': client}\ncalls['c'].put_object(Bucket='pictures', Key='k')",
        f"calls = [1]\ncalls[event] = lambda: {PUT}\nfor call in calls: call()",
        f"[2, 1].sort(key=lambda _: {PUT})",
        'print(f\'{1:{client.put_object(Bucket="pictures", Key="k")}}\')',
        f"[lambda: {PUT}].pop()()",
        f"calls = [1]\ncalls[:] = [lambda: {PUT}]\ncalls[0]()",
        f"calls = dict([('a', lambda: {PUT})])\ncalls['a']()",
        f"first, _ = {{'a': 1, 'b': 2}}\n({{'a': lambda: {PUT}}})[first]()",
        "if c := client: c.put_object(Bucket='pictures', Key='k')",
        "(client.put_object if event else client.put_object)(Bucket='pictures', Key='k')",
    ],
)
def test_statements_and_expressions_are_followed(follow: Follow, body: str) -> None:
    assert follow(f"client = boto3.client('s3')\n{body}") == WRITES


@pytest.mark.parametrize(
    "body",
    [
        f"class A:\n    def __getattr__(self, name): return client\nA().foo.{PUT.partition('.')[2]}",
        f"class D:\n    def __get__(self, o, t): return client\nclass A:\n    d = D()\nA().d.{PUT.partition('.')[2]}",
        f"class A:\n    def __getitem__(self, key): return client\nA()['x'].{PUT.partition('.')[2]}",
        f"class A:\n    def __iter__(self): yield client\nfor c in A(): c.{PUT.partition('.')[2]}",
        f"class A:\n    def __lshift__(self, other): {PUT}\nA() << 1",
        f"class A:\n    def __new__(cls): {PUT}\nA()",
        f"class A:\n    def __init_subclass__(cls): {PUT}\nclass B(A): pass",
        f"class A:\n    @property\n    def x(self): pass\n    @x.setter\n    def x(self, new): {PUT}\nA().x = 2",
        f"class A:\n    def go(self): return type(self)().put()\n    def put(self): {PUT}\nA().go()",
        f"class A:\n    def go(self): return self.__class__().put()\n    def put(self): {PUT}\nA().go()",
        f"class A:\n    def go(self): self.put()\n    def put(self): pass\nclass B(A):\n    def put(self): {PUT}\nB().go()",
        f"class A:\n    @staticmethod\n    def put(): {PUT}\nA.put()",
        f"def made(cls):\n    cls().put()\n    return cls\n@made\nclass A:\n    def put(self): {PUT}",
        f"class K:\n    def write(self): {PUT}\nclass A:\n    def __truediv__(self, key): return K()\n(A() / 'k').write()",
        f"class K:\n    def write(self): {PUT}\nclass A:\n    def __radd__(self, key): return K()\n(1 + A()).write()",
        f"class A:\n    def __iadd__(self, act):\n        act()\n        return self\na = A()\na += lambda: {PUT}",
        f"class A:\n    def __or__(self, act): return act\n(A() | (lambda: {PUT}))()",
        f"class A:\n    def __eq__(self, act): return act\n(A() == (lambda: {PUT}))()",
        f"class A:\n    def __gt__(self, act): return act\n((lambda: {PUT}) < A())()",
        f"class A:\n    def __contains__(self, act): act()\n(lambda: {PUT}) in A()",
        f"class A:\n    def __neg__(self): return lambda: {PUT}\n(-A())()",
        f"import enum\nclass A(enum.Enum):\n    ONE = 1\n    def put(self): {PUT}\nA.ONE.put()",
        f"class A:\n    def go(self): pass\n    def put(self): {PUT}\nA().go.__self__.put()",
        f"import lib\nclass B:\n    def put(self): {PUT}\nclass A:\n    @lib.cached_property\n    def b(self): return B()\nA().b.put()",
        f"import lib\nclass A:\n    def __init__(self): self.c = client\n    @property\n    @lib.traced\n    def go(self): self.{PUT.replace('client', 'c')}\nA().go",
        f"import lib\nclass A:\n    c = client\n    @classmethod\n    @lib.traced\n    def go(cls): cls.{PUT.replace('client', 'c')}\nA.go()",
        f"class E(Exception):\n    def go(self): {PUT}\ntry:\n    raise KeyError from E()\nexcept KeyError as e: e.__cause__.go()",
        f"class E(Exception):\n    def go(self): {PUT}\ntry:\n    raise E().with_traceback(None)\nexcept E as e: e.go()",
        f"import operator\nclass A:\n    def __add__(self, other): return lambda: {PUT}\noperator.add(A(), 1)()",
        f"class A:\n    def __abs__(self): return lambda: {PUT}\nabs(A())()",
        f"class A:\n    def __setattr__(self, name, act): act()\nA().x = lambda: {PUT}",
        f"class A:\n    x = print\n    def __getattribute__(self, name): return lambda: {PUT}\nA().x()",
        f"class A(dict):\n    def __missing__(self, key): return lambda: {PUT}\nA()['x']()",
        f"class A:\n    @property\n    def x(self): {PUT}\nhasattr(A(), 'x')",
        f"class A:\n    def __class_getitem__(cls, key): return lambda: {PUT}\nA['x']()",
        f"from typing import NamedTuple\nclass A(NamedTuple):\n    act: object\nA(lambda: {PUT})[0]()",
        f"from typing import NamedTuple\nclass A(NamedTuple):\n    act: object\nact, = A(lambda: {PUT})\nact()",
        f"class A:\n    @property\n    def x(self): pass\n    @x.deleter\n    def x(self): {PUT}\ndel A().x",
        f"class A:\n    def __getitem__(self, at): return lambda: {PUT}\nfor act in A(): act()",
        f"class D:\n    def __set__(self, owner, act): act()\nclass A:\n    d = D()\nA().d = lambda: {PUT}",
        f"class A:\n    def __aiter__(self): return self\n    async def __anext__(self): return lambda: {PUT}\nasync for act in A(): act()",
        f"class A:\n    def __await__(self): return lambda: {PUT}\n(await A())()",
        f"class E(Exception):\n    def put(self): {PUT}\nclass A:\n    def __exit__(self, kind, error, trace): error.put()\nwith A(): raise E",
        f"import queue\nclass A:\n    def _put(self): {PUT}\nwaiting = queue.Queue()\nwaiting.put(A())\nwaiting.get()._put()",
        f"class A:\n    def __new__(cls): return B()\nclass B:\n    def put(self): {PUT}\nA().put()",
        f"class A:\n    async def __aenter__(self): return client\nasync with A() as c: c.{PUT.partition('.')[2]}",
        f"class A:\n    c = property(lambda self: client)\nA().c.{PUT.partition('.')[2]}",
        f"class A:\n    def put(self, act): act()\n    c = property(None, put)\nA().c = lambda: {PUT}",
        f"class A:\n    def __init__(self): self.c = client\n    def put(self): self.{PUT.replace('client', 'c')}\n    go = put\nA().go()",
        f"class A:\n    def put(): {PUT}\n    put = staticmethod(put)\nA().put()",
        f"class A: pass\na = A()\nsetattr(a, 'c', client)\na.c.{PUT.partition('.')[2]}",
        f"class A:\n    def __init__(self): object.__setattr__(self, 'c', client)\nA().c.{PUT.partition('.')[2]}",
        f"class A:\n    def go(self): type(self).c = client\na = A()\na.go()\na.c.{PUT.partition('.')[2]}",
        f"class E(Exception):\n    def retry(self): {PUT}\ntry:\n    raise E()\nexcept E as e: e.retry()",
        f"class E(Exception):\n    def retry(self): {PUT}\ntry:\n    raise E\nexcept (KeyError, E) as e: e.retry()",
        f"class E(Exception):\n    def retry(self): {PUT}\ntry:\n    raise E()\nexcept Exception as e: e.retry()",
        f"class E(Exception):\n    def retry(self): {PUT}\nimport lib\nlib.fail_with(E())\ntry:\n    pass\nexcept E as e: e.retry()",
        f"try:\n    raise KeyError from (lambda: {PUT})()\nexcept KeyError: pass",
        f"class A:\n    def __init__(self, c): self.c = c\nmatch A(client):\n    case A(c=c): c.{PUT.partition('.')[2]}",
        f"from functools import cache\n@cache\ndef go(): {PUT}\ngo.__wrapped__()",
        f"def go(): {PUT}\ngo.__call__()",
        f"import lib\nclass A:\n    def __init__(self): self.c = client\n    @lib.retry\n    def go(self): self.{PUT.replace('client', 'c')}\nA().go()",
        f"import threading\nclass A(threading.Thread):\n    def run(self): {PUT}\nA().start()",
        f"import threading\nclass A:\n    def run(self): {PUT}\nthreading.Thread(target=A().run).start()",
        (
            "from dataclasses import dataclass, field\n@dataclass\nclass A:\n    c: object = field("
            f"default_factory=lambda: boto3.client('s3'))\nA().c.{PUT.partition('.')[2]}"
        ),
    ],
)
def test_classes_are_followed_as_python_runs_them(follow: Follow, body: str) -> None:
    assert follow(f"client = boto3.client('s3')\n{body}") == WRITES


@pytest.mark.parametrize(
    "bucket",
    [
        '"PICTURES".lower()',
        'f"pict{ending}"',
        '"pict" + ending',
        "Names.BUCKET",
        "Kinds.ONE.value",
        'names["bucket"]',
        "os.environ['BUCKET']",
    ],
)
def test_strings_are_worked_out(follow: Follow, bucket: str) -> None:
    body = f"""
        import enum
        class Names:
            BUCKET = "pictures"
        class Kinds(enum.Enum):
            ONE = "pictures"
        names = {{"bucket": os.environ["BUCKET"], "other": event}}
        ending = "ures"
        boto3.client("s3").put_object(Bucket={bucket}, Key="k")
    """
    assert follow(body) == WRITES


def test_a_string_that_grows_in_a_loop_is_not_known(project: Callable[..., Project]) -> None:
    body = """
        name = "a"
        while event:
            name += "b"
        boto3.client("s3").put_object(Bucket=name, Key="k")
    """
    with pytest.raises(PolicyError, match="Bucket cannot be told"):
        project(body).policies("dev", ACCOUNT)


@pytest.mark.parametrize(
    "module",
    [
        "def setup():\n    global CLIENT\n    CLIENT = made()\nsetup()\ndef put(): CLIENT.put_object(Bucket='pictures', Key='k')",
        "class Held:\n    global CLIENT\n    CLIENT = made()\ndef put(): CLIENT.put_object(Bucket='pictures', Key='k')",
        (
            "def outer():\n    CLIENT = 1\n    def setup():\n        global CLIENT\n        CLIENT = made()\n    setup()\n"
            "outer()\ndef put(): CLIENT.put_object(Bucket='pictures', Key='k')"
        ),
        (
            "def put():\n    c = None\n    class A:\n        c = 1\n        def bind(self):\n            nonlocal c\n            c = made()\n"
            "    A().bind()\n    c.put_object(Bucket='pictures', Key='k')"
        ),
        "class A[T]:\n    def put(self, given: T) -> T:\n        made().put_object(Bucket='pictures', Key='k')\ndef put(): A().put(1)",
    ],
)
def test_a_name_is_bound_where_it_is_declared(follow: Follow, module: str) -> None:
    head = "import boto3\ndef made():\n    return boto3.client('s3')\n"
    assert follow("from chalicelib.m import put\nput()", modules={"chalicelib/m.py": head + module}) == WRITES


GIVEN = """
    import boto3
    from functools import cached_property

    class Job:
        @cached_property
        def s3(self):
            return boto3.client("s3")

        def run(self):
            self.s3.put_object(Bucket="pictures", Key="k")

    class Calls:
        def __init__(self, act):
            self.act = act
"""


@pytest.mark.parametrize(
    "body",
    [
        "lib.execute(Job())",
        "lib.execute([Job()])",
        "lib.execute(Job)",
        "lib.execute(lambda: Job())",
        "lib.execute(Calls(Job().run))",
        "lib.execute(Calls(Job()))",
        "lib.settings.job = Job()",
        "lib.jobs['a'] = Job()",
        "print(event, file=Job())",
        "boto3.client('s3').put_object(Bucket='pictures', Key='j', Body=Job())",
        "boto3.client('s3').upload_file('f', 'pictures', 'j', Callback=Job().run)",
    ],
)
def test_what_a_library_is_given_it_may_call(follow: Follow, body: str) -> None:
    given = f"import lib\nfrom chalicelib.jobs import Calls, Job\n{body}"
    found = follow(given, modules={"chalicelib/jobs.py": GIVEN.replace("put_object", "delete_object")})
    assert found["s3:DeleteObject"] == {"pictures/*"}


@pytest.mark.parametrize("body", ["str(Job())", "sorted([Job()])", "isinstance(event, Job)", "repr(Job())"])
def test_python_itself_calls_special_methods_alone(follow: Follow, body: str) -> None:
    assert follow(f"from chalicelib.jobs import Job\n{body}", modules={"chalicelib/jobs.py": GIVEN}) == {}


@pytest.mark.parametrize(
    ("code", "buckets"),
    [
        ("'pictures-abc'[:8]", {"pictures"}),
        ("'abc-pictures'[-8:]", {"pictures"}),
        ("(['a'] + ['b', 'c'])[1]", {"a", "b", "c"}),
        ("names[1:][0]", {"a", "b"}),
        ("moved[0]", {"a", "b"}),
        ("shortened[0]", {"a", "b"}),
        ("replace(Named('a'), name='b').name", {"b"}),
        ("replace(Named('a', 'c'), other='b').name", {"a"}),
        ("given(**({'name': 'a'} if event else {}))", {"a", "b"}),
        ("given(**{'name': 'a'})", {"a"}),
        ("dict(a='b')['a']", {"b"}),
    ],
)
def test_a_string_is_all_that_it_may_be(follow: Follow, code: str, buckets: set[str]) -> None:
    body = f"""
        from dataclasses import dataclass, replace
        @dataclass
        class Named:
            name: str
            other: str = "x"
        def given(name="b"):
            return name
        names, moved, shortened = ["a", "b"], ["a", "b"], ["a", "b"]
        moved.reverse()
        del shortened[0]
        boto3.client("s3").put_object(Bucket={code}, Key="k")
    """
    assert follow(body) == {"s3:PutObject": {f"{bucket}/*" for bucket in buckets}}


def test_a_module_may_make_its_names_when_they_are_asked_for(follow: Follow) -> None:
    module = """
        import boto3
        def _put():
            boto3.client("s3").put_object(Bucket="pictures", Key="k")
        def __getattr__(name):
            return _put
    """
    assert follow("from chalicelib.lazy import put\nput()", modules={"chalicelib/lazy.py": module}) == WRITES


def test_a_folder_without_init_is_a_package_too(follow: Follow) -> None:
    module = "import boto3\ndef put(): boto3.client('s3').put_object(Bucket='pictures', Key='k')"
    assert follow("from chalicelib.sub import m\nm.put()", modules={"chalicelib/sub/m.py": module}) == WRITES
