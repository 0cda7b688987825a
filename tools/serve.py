"""`python -m tools.serve PROJECT PORT`: the API of the local stage, as `chalice local` serves it.

It differs where Chalice's server differs from API Gateway as `make deploy` sets it up: its own errors are problem
details, and a response to HEAD has no body.
"""

import logging
import os
import sys
from functools import partial
from typing import Any

from chalice.cli.factory import CLIFactory
from chalice.local import ChaliceRequestHandler, LocalGatewayException, create_local_server

from chalicelib.api.problems import Problem, quote

HOST = "127.0.0.1"


class Handler(ChaliceRequestHandler):
    """Chalice's request handler, with the errors and the HEAD responses of API Gateway."""

    disable_nagle_algorithm = True  # which makes a body wait 40 ms until its headers are acknowledged

    def _send_error_response(self, _: LocalGatewayException) -> None:
        # The app has no authorizer that Chalice runs, so every such error is an unknown route.
        path = self.path.partition("?")[0]
        problem = Problem("no-such-route", f"The API does not have the route {quote(path)}.")
        response = problem.to_response()
        self._send_http_response(response.status_code, dict(response.headers), response.body)

    def _send_http_response_with_body(self, code: int, headers: dict[str, Any], body: str | bytes) -> None:
        if self.command == "HEAD" or code in {204, 304}:
            self._send_http_response_no_body(code, headers)
        else:
            super()._send_http_response_with_body(code, headers, body)


def main(project: str, port: int) -> None:
    """Serve until the process ends."""
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(message)s")
    config = CLIFactory(project, environ=os.environ).create_config_obj(chalice_stage_name="local")
    app = config.chalice_app
    server = create_local_server(app, config, HOST, port)
    server.server.RequestHandlerClass = partial(Handler, app_object=app, config=config)
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
