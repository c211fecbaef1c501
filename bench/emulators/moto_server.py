"""moto on a free port of this machine. Prints the port, and ends when its standard input closes."""

import io
import logging
import sys
import warnings
from threading import Lock, Thread

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

# Connections stay open. Without Nagle's algorithm, because werkzeug writes headers and body separately.
MotoRequestHandler.protocol_version = "HTTP/1.1"
MotoRequestHandler.disable_nagle_algorithm = True

# One line for each request.
logging.getLogger("werkzeug").setLevel(logging.ERROR)
warnings.simplefilter("ignore")

moto = DomainDispatcherApplication(create_backend_app)
lock = Lock()


def one_at_a_time(environ, start_response):
    """moto checks a condition and writes in several steps, which another thread must not see. Python runs
    only one thread at a time anyway, so this takes no time."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(length))
    with lock:
        return moto(environ, start_response)


server = make_server("127.0.0.1", 0, one_at_a_time, threaded=True, request_handler=MotoRequestHandler)
Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
