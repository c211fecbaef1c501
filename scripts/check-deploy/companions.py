"""What the functions talk to: the stand-in Genesys Cloud, and the receiver of the documentation."""

import contextlib
import json
import os
import subprocess
import sys
import threading

from service import ROOT


@contextlib.contextmanager
def stand_in_genesys():
    """Yields `url`, `clientId` and `clientSecret`."""
    process = subprocess.Popen(
        [ROOT / "node_modules" / ".bin" / "node", "scripts/run.mjs", "scripts/stand-in"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(timeout=20)


@contextlib.contextmanager
def receiver(port, key):
    """Runs docs/receivers/receiver.py. Yields the lines that it prints, one for each verified event."""
    process = subprocess.Popen(
        [sys.executable, ROOT / "docs" / "receivers" / "receiver.py"],
        env={"PATH": os.environ["PATH"], "WEBHOOK_KEY": key, "PORT": str(port)},
        stdout=subprocess.PIPE,
        text=True,
    )
    lines = []
    threading.Thread(
        target=lambda: lines.extend(line.strip() for line in process.stdout), daemon=True
    ).start()
    try:
        yield lines
    finally:
        process.terminate()
        process.wait(timeout=20)
