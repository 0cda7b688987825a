"""The policies of a stage: what each function of app.py can do, and what Lambda does with the function's role."""

import ast
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from tools.account import Account
from tools.chalice_config import FAILURE_DESTINATIONS, read_stage
from tools.policies.calls import calls, check
from tools.policies.grants import Grant, document, filled, grants
from tools.policies.program import PolicyError, Program

_EVENTS: Final = {"on_cw_event", "on_s3_event", "on_sns_message", "schedule"}
_OF_API: Final = {"authorizer", "middleware", "route"}
_INVOKE: Final = "lambda:InvokeFunction"


class Policy(NamedTuple):
    """The policy of one function: its role, which Chalice makes and names like the policy, and its file in .chalice."""

    function: str
    role: str
    file: str
    grants: frozenset[Grant]

    def text(self) -> str:
        """Return the content of its file."""
        return json.dumps(document(self.grants), indent=2) + "\n"


def policies(
    project: Path, name: str, account: Account, environment: Mapping[str, str] | None = None
) -> list[Policy]:
    """Return the policies of a stage's functions.

    Args:
        project: The folder of app.py and .chalice.
        name: The stage.
        account: Where the stage is deployed.
        environment: Variables that config.json does not have yet.

    Raises:
        PolicyError: The code or config.json cannot be followed; a line for each fault.
    """
    stage = read_stage(project, name)
    program = Program(project)
    check(program)
    handlers = _handlers(program)
    if odd := handlers.keys() ^ stage.functions.keys():
        raise PolicyError(
            f"app.py and {name} in config.json differ in {', '.join(sorted(odd))}; name it in both"
        )
    variables = {**stage.environment, **(environment or {}), "stage_name": f"{stage.app}-{stage.name}"}
    variables |= {"partition": account.partition, "region": account.region, "account": account.identifier}
    variables["dead_letter_queue"] = variables.get("DEAD_LETTER_QUEUE_ARN", "").rpartition(":")[2]
    allowed = {name: set(_of_code(program, kinds, variables)) for name, kinds in handlers.items()}
    invoked = {resource for each in allowed.values() for action, resource in each if action == _INVOKE}
    found = []
    for function, several in allowed.items():
        # Chalice and the stack make the log groups, so that no function needs to.
        group = account.arn("logs", f"log-group:/aws/lambda/{stage.function_name(function)}:*")
        several |= {Grant("logs:CreateLogStream", group), Grant("logs:PutLogEvents", group)}
        arn = account.arn("lambda", f"function:{stage.function_name(function)}")
        if destination := FAILURE_DESTINATIONS.get(function):
            several.add(Grant(_INVOKE, account.arn("lambda", f"function:{stage.function_name(destination)}")))
        elif arn in invoked or _EVENTS & set(handlers[function].values()):
            several.add(Grant("sqs:SendMessage", filled("{DEAD_LETTER_QUEUE_ARN}", variables, "app.py")))
        role, file = f"{stage.app}-{stage.name}-{function}", stage.functions[function]["iam_policy_file"]
        found.append(Policy(function, role, file, frozenset(several)))
    return found


def _handlers(program: Program) -> dict[str, dict[str, str]]:
    """Return the code of each Lambda function: names in app.py, and the kind of decorator of each."""
    found: dict[str, dict[str, str]] = {}
    for node in program.trees["app"].body:
        for decorator in node.decorator_list if isinstance(node, ast.FunctionDef) else ():
            match decorator:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="app"), attr=kind)):
                    assert isinstance(node, ast.FunctionDef)
                    function = "api_handler" if kind in _OF_API else node.name
                    found.setdefault(function, {})[node.name] = kind
    return found


def _of_code(program: Program, kinds: Mapping[str, str], variables: Mapping[str, str]) -> Iterator[Grant]:
    units = program.reach(("app", name) for name in kinds)
    yield from (grant for call in calls(program, units) for grant in grants(call, variables))
