"""moto on a free port of this machine. Prints the port, and ends when its standard input closes."""

import logging
import sys
import warnings

from moto.moto_server.werkzeug_app import MotoRequestHandler
from moto.server import ThreadedMotoServer

# Connections stay open. Without Nagle's algorithm, because werkzeug writes headers and body separately.
MotoRequestHandler.protocol_version = "HTTP/1.1"
MotoRequestHandler.disable_nagle_algorithm = True

# One line for each request.
logging.getLogger("werkzeug").setLevel(logging.ERROR)
warnings.simplefilter("ignore")

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
