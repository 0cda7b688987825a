"""Classes inherit as Python has it: in the order of C3, and `super()` goes on from there."""

from collections.abc import Callable

import pytest

from tests.unit.policies.conftest import ACCOUNT, Follow
from tools.policies.errors import PolicyError
from tools.policies.generator import Project

WRITES = {"s3:PutObject": {"pictures/*"}}
CLASSES = """
    import boto3

    def put():
        boto3.client("s3").put_object(Bucket="pictures", Key="k")

    class Base:
        def save(self): pass

    class Plain(Base):
        pass

    class Passing(Base):
        def save(self): super().save()

    class Putting(Base):
        def save(self):
            put()
            super().save()

    class Diamond(Plain, Putting): pass
    class Cooperative(Passing, Putting): pass

    class Child(Putting):
        def save(self): super(Child, self).save()

    class Late(Putting):
        def save(self): super().save()

    class Skipping(Late):
        def save(self): super(Putting, self).save()

    class Made:
        def __new__(cls, act):
            act()
            return super().__new__(cls)

    class Asked:
        def __init_subclass__(cls, act=None):
            act()
"""


@pytest.mark.parametrize(
    "body",
    [
        "Diamond().save()",
        "Cooperative().save()",
        "Child().save()",
        "Late.save(Late())",
        "Putting.save(Plain())",
        "Made(put)",
        "class Mine(Asked, act=put): pass",
        "def late(): return Putting\nclass Mine(late()): pass\nMine().save()",
        "class Putting(Putting): pass\nPutting().save()",
    ],
)
def test_methods_are_those_that_python_calls(follow: Follow, body: str) -> None:
    modules = {"chalicelib/c.py": CLASSES}
    names = "Asked, Child, Cooperative, Diamond, Late, Made, Plain, Putting, put"
    local = body.replace("class Putting(Putting)", "class Putting(c.Putting)")
    assert (
        follow(f"from chalicelib import c\nfrom chalicelib.c import {names}\n{local}", modules=modules)
        == WRITES
    )


@pytest.mark.parametrize("body", ["Plain().save()", "Passing().save()", "Skipping().save()"])
def test_what_python_does_not_call_gives_nothing(follow: Follow, body: str) -> None:
    modules = {"chalicelib/c.py": CLASSES}
    assert follow(f"from chalicelib.c import Passing, Plain, Skipping\n{body}", modules=modules) == {}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("A = B if event else C\nclass D(A): pass\nD().go()", "which class this inherits from"),
        ("bases = (B, C)\nclass D(*bases): pass\nD().go()", "which class this inherits from"),
        ("def f(): super().go()\nf()", r"of what this is a super\(\)"),
    ],
)
def test_parents_that_cannot_be_told_are_refused(
    project: Callable[..., Project], body: str, why: str
) -> None:
    classes = "class B:\n    def go(self): pass\nclass C:\n    def go(self): pass\n"
    with pytest.raises(PolicyError, match=why):
        project(classes + body).policies("dev", ACCOUNT)


@pytest.mark.parametrize(
    "fields",
    ["a: ClassVar[str] = 'x'", "a: str = field(init=False, default='x')", "_: KW_ONLY"],
)
def test_fields_that_the_constructor_does_not_take_are_left_out(follow: Follow, fields: str) -> None:
    body = f"""
        from dataclasses import KW_ONLY, dataclass, field
        from typing import ClassVar
        @dataclass
        class A:
            {fields}
            b: str = "pictures"
        boto3.client("s3").put_object(Bucket=A({'b="pictures"' if "KW" in fields else '"pictures"'}).b, Key="k")
    """
    assert follow(body) == WRITES
