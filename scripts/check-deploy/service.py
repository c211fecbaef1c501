"""The service in a folder of its own, and the commands that people type there."""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STAGE = "check"
STACK = f"genesys-automated-adder-{STAGE}"


class Service:
    """A copy of the repository, so that a running `npm start` and its bundles are left alone."""

    def __init__(self, folder, emulator):
        self.folder = folder
        self.emulator = emulator
        ignored = shutil.ignore_patterns(
            "node_modules", ".git", ".local", ".serverless", "coverage", ".env*"
        )
        shutil.copytree(ROOT, folder, ignore=ignored)
        (folder / "node_modules").symlink_to(ROOT / "node_modules")
        # Settings from a developer's shell or .env must not affect the check.
        self.environment = {
            # As npm and npx set it: the Node that npm ci installed comes first.
            "PATH": f"{ROOT / 'node_modules' / '.bin'}{os.pathsep}{os.environ['PATH']}",
            "HOME": os.environ.get("HOME", "/"),
            "TMPDIR": str(folder.parent),
            "GENESYS_REQUESTS_PER_SECOND": "5",
            "MAX_PARTICIPANTS": "20",
            "JWT_ISSUER": "",
            "JWT_AUDIENCE": "",
            "ALARM_EMAIL": "",
            "AWS_REGION": emulator.region,
            **emulator.settings,
            **emulator.access_of_commands(),
        }

    def run(self, *command, refused=False, **settings):
        """Runs a command as a user would, and gives what it printed. A setting of None is absent."""
        environment = {**self.environment, **settings}
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={name: value for name, value in environment.items() if value is not None},
            capture_output=True,
            text=True,
            timeout=300,
            stdin=subprocess.DEVNULL,
        )
        output = done.stdout + done.stderr
        if (done.returncode != 0) != refused:
            print(output)
            sys.exit(f"{' '.join(command)} ended with {done.returncode}")
        return output

    def serverless(self, *arguments, **options):
        return self.run("node_modules/.bin/serverless", *arguments, **options)

    def deploy(self, *arguments, stage=STAGE, **options):
        # A stage outside dev is protected, and this check removes its stack at the end.
        parameters = {"deletionProtection": "false", **self.emulator.parameters}
        given = [f"--param={name}={value}" for name, value in parameters.items()]
        return self.serverless("deploy", "--stage", stage, *given, *arguments, **options)

    def npm(self, script, *arguments, **settings):
        """`npm run SCRIPT -- --stage STAGE ARGUMENTS`"""
        return self.run("npm", "run", "-s", script, "--", *arguments, "--stage", STAGE, **settings)

    def template(self):
        path = self.folder / ".serverless" / "cloudformation-template-update-stack.json"
        return json.loads(path.read_text())

    def zip_hash(self, function):
        content = (self.folder / ".serverless" / f"{function}.zip").read_bytes()
        return base64.b64encode(hashlib.sha256(content).digest()).decode()
