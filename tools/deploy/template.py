"""A CloudFormation template as plain data."""

from typing import Any

import yaml

from tools.deploy.errors import DeployError


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms: `!Ref X` becomes {"Ref": "X"}, `!Sub X` {"Fn::Sub": "X"}."""


def parsed(text: str) -> dict[str, Any]:
    """Return a template in YAML as data that JSON can hold.

    Raises:
        DeployError: It is no YAML.
    """
    try:
        loaded: dict[str, Any] = yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise DeployError(f"The template of the stack is no YAML: {error}") from error
    return loaded


def _function(loader: _Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    if name == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {name if name in {"Ref", "Condition"} else f"Fn::{name}": value}


yaml.add_multi_constructor("!", _function, _Loader)
