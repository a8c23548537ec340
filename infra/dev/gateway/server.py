"""One worker of the HTTP server: ``python -m infra.dev.gateway.server FD`` serves the socket FD until SIGTERM."""

import importlib
import json
import logging
import os
import signal
import socket
import sys
from types import FrameType

from waitress.channel import HTTPChannel
from waitress.server import create_server
from waitress.task import ErrorTask

from chalicelib.edge import problem
from chalicelib.edge.problem import MalformedRequest
from chalicelib.errors import BodyTooLarge
from infra.dev.gateway import lines
from infra.dev.gateway.adapter import Gateway
from infra.dev.gateway.parser import Parser
from infra.dev.store import without_tokens
from infra.release.cloud.refusals import BODY_BYTES_MAX

THREADS = 16  # clients served at once by one worker; more wait their turn
_BODY_BYTES_MAX = 64 * 1024 * 1024  # beyond it the connection is cut; up to it the gateway answers 413 itself


class Problem(ErrorTask):  # type: ignore[misc]
    """What is not HTTP at all is refused as a problem too."""

    def execute(self) -> None:
        error = self.request.error
        refusal = BodyTooLarge(limit=BODY_BYTES_MAX) if error.code == 413 else MalformedRequest()
        body = json.loads(problem.response(refusal).body) | {"status": error.code}
        data = json.dumps(body, ensure_ascii=False).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [("Content-Type", problem.CONTENT_TYPE), ("X-Content-Type-Options", "nosniff")]
        self.set_close_on_finish()
        self.content_length = len(data)
        self.write(data)


class Channel(HTTPChannel):  # type: ignore[misc]
    error_task_class = Problem
    parser_class = Parser


def serve(listening: socket.socket, module: str) -> None:
    """Serve ``module.app`` on a socket that is listening already, until this process gets a signal to stop."""
    without_tokens()
    app = importlib.import_module(module).app
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a queue under load is no fault
    server = create_server(
        Gateway(app),
        sockets=[listening],
        threads=THREADS,
        ident=None,
        connection_limit=1000,
        asyncore_use_poll=True,
        max_request_body_size=_BODY_BYTES_MAX,
    )
    server.channel_class = Channel
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent stops us in order
    server.run()


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    lines.show()
    serve(socket.socket(fileno=int(sys.argv[1])), os.environ.get("APP_MODULE", "app"))
