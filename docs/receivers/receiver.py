"""A receiver of this service's webhooks, with nothing but Python's standard library (3.8 or newer).

    WEBHOOK_KEY=whsec_... PORT=8080 python3 receiver.py

WEBHOOK_KEY is the key that signs. Several, separated by spaces, while a key is being rotated.
ed25519 keys (whpk_...) are refused: Python's standard library cannot verify them. receiver.ts can.
"""

import base64
import hashlib
import hmac
import json
import os
import re
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Older or newer than this may be a replay.
TOLERANCE_SECONDS = 5 * 60
MAX_BODY_BYTES = 1024 * 1024

def read_keys(text):
    keys = text.split()
    if not keys:
        sys.exit("WEBHOOK_KEY is not set")
    for key in keys:
        if not key.startswith("whsec_"):
            sys.exit(
                f"WEBHOOK_KEY: {key[:6]}... is not a whsec_ key. This receiver verifies whsec_ keys only; "
                "receiver.ts verifies ed25519 keys (whpk_) too."
            )
    return [base64.b64decode(key[len("whsec_"):]) for key in keys]


KEYS = read_keys(os.environ.get("WEBHOOK_KEY", ""))

# Ids of events that were dealt with. Here they are in memory; put them where your data is, in the
# same transaction as what you do with the event, and keep them for three weeks.
SEEN = set()


def is_fresh(timestamp):
    if not re.fullmatch(r"[0-9]+", timestamp):
        return False
    return abs(time.time() - int(timestamp)) <= TOLERANCE_SECONDS


def is_signed(signed, signatures):
    """There is a signature for each key of the sender's; one that a key of ours accepts is enough."""
    for versioned in signatures.split(" "):
        version, _, signature = versioned.partition(",")
        if version != "v1":
            continue
        for key in KEYS:
            expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
            if hmac.compare_digest(expected, signature.encode()):
                return True
    return False


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.read_body()
        if body is None:
            self.close_connection = True
            return self.respond(413)

        # Verify the bytes as they came. JSON that was parsed and written again is other bytes.
        event_id = self.headers.get("webhook-id", "")
        timestamp = self.headers.get("webhook-timestamp", "")
        if not is_fresh(timestamp):
            return self.respond(400)
        signed = f"{event_id}.{timestamp}.".encode() + body
        if not is_signed(signed, self.headers.get("webhook-signature", "")):
            return self.respond(401)

        # Delivered at least once, so now and then twice, and with the same id each time.
        if event_id in SEEN:
            print(f"{event_id} again", flush=True)
            return self.respond(204)
        event = json.loads(body)
        audit = event["audit"]
        print(
            f"{event_id} {event['event']} {audit['status']} conversation {audit['conversation_id']}",
            flush=True,
        )
        SEEN.add(event_id)
        # Within 15 seconds. Store an event that takes longer to process, and process it after the response.
        self.respond(204)

    def read_body(self):
        """The body's bytes, sent with a length or in chunks; None for one that is too large."""
        if "chunked" not in self.headers.get("transfer-encoding", "").lower():
            length = int(self.headers.get("content-length") or 0)
            return None if length > MAX_BODY_BYTES else self.rfile.read(length)
        body = b""
        while True:
            # A chunk: its size in hexadecimal, perhaps extensions, its bytes, a line break.
            size = int(self.rfile.readline(1024).split(b";")[0], 16)
            if len(body) + size > MAX_BODY_BYTES:
                return None
            body += self.rfile.read(size)
            # The line break; after the last chunk, what trailers there are and the empty line.
            while self.rfile.readline(65536) not in (b"\r\n", b"\n", b""):
                pass
            if size == 0:
                return body

    def respond(self, status):
        self.send_response(status)
        if status != 204:
            self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(
        (os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8080"))), Receiver
    )
    host, port = server.server_address[:2]
    print(f"listening on http://{host}:{port}", flush=True)
    server.serve_forever()
