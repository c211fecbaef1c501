"""Scans the packaged template, and compares the findings with the table in docs/security.md.

    scan_template.py scanners PYTHON      PYTHON is the one that the scanners are installed for

Every finding must be in the table, for that resource, and every row of the table must still be found.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from checks import check, failures
from service import ROOT, Service

EVERY_PARAMETER = json.loads(Path(__file__).with_name("every-parameter.json").read_text())
# The scanners of this file. Rows of others (cdk-nag) are held by test/checks/template-linters.test.ts.
TOOLS = ("checkov", "cfripper", "parliament", "cloudsplaining")


class Offline:
    """Packaging needs no AWS."""

    region = "us-east-1"
    settings = {
        "GENESYS_ENV": "us-east-1",
        "EXTERNAL_WEBHOOK_URL": "https://receiver.example/hook",
    }

    def access_of_commands(self):
        return {}


def main(_, python):
    print("=== scanners")
    folder = Path(tempfile.mkdtemp(prefix="check-deploy-"))
    try:
        scanner = Scanner(python, folder)
        service = Service(folder / "repository", Offline())
        findings = scanner.policies("the deployer", sorted((ROOT / "docs/deployer-policies").glob("*")))
        for name, parameters in (("default", {}), ("every-parameter", EVERY_PARAMETER)):
            given = [f"--param={key}={value}" for key, value in parameters.items()]
            service.serverless("package", "--stage", "prod", *given)
            file = folder / f"{name}.template.json"
            file.write_text(json.dumps(service.template()))
            types = {id: one["Type"] for id, one in service.template()["Resources"].items()}
            found = scanner.template(name, file)
            findings |= {(tool, what, id, types.get(id, id)) for tool, what, id in found}
        compare_with_table({one if len(one) == 4 else (*one, one[2]) for one in findings})
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if failures:
        sys.exit(f"scanners: {len(failures)} checks failed: {', '.join(failures)}")
    print("scanners: every finding has its row in docs/security.md.")


class Scanner:
    """Each method gives (tool, finding, resource)."""

    def __init__(self, python, folder):
        self.python = Path(python)
        self.folder = folder

    def run(self, *command):
        done = subprocess.run(
            [self.python, *command] if command[0].endswith(".py") else
            [self.python.with_name(command[0]), *command[1:]],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=300,
        )
        if not done.stdout.strip():
            sys.exit(f"{command[0]} printed nothing: {done.stderr[-2000:]}")
        return done.stdout

    def template(self, name, file):
        return self.checkov(name, file) | self.cfripper(name, file) | self.policies(name, [file])

    def checkov(self, name, file):
        options = ("--framework", "cloudformation", "--compact", "--quiet", "--skip-download")
        report = json.loads(self.run("checkov", "-f", str(file), *options, "-o", "json"))
        summary = report["summary"]
        check(f"checkov could read the template {name}", summary["parsing_errors"], 0)
        check(f"checkov checked the template {name}", summary["passed"] > 50, True)
        return {
            ("checkov", one["check_id"], one["resource"].split(".")[-1])
            for one in report["results"]["failed_checks"]
        }

    def cfripper(self, name, file):
        report = json.loads(self.run("cfripper", str(file), "--format", "json", "--resolve").splitlines()[-1])
        check(f"cfripper had no exceptions in the template {name}", report["exceptions"], [])
        return {
            ("cfripper", one["rule"], resource)
            for one in report["failures"]
            for resource in one["resource_ids"] or ["the template"]
        }

    def policies(self, name, files):
        script = str(ROOT / "scripts/check-deploy/scanners/policy_findings.py")
        found = json.loads(self.run(script, *map(str, files)))
        print(f"  parliament and cloudsplaining read the policies of {name}")
        return {tuple(one) for one in found}


def compare_with_table(findings):
    rows = read_table()
    missing = [
        (tool, what, resource)
        for tool, what, resource, type_ in findings
        if not any(row["tool"] == tool and row["id"] == what and row["on"] & {resource, type_} for row in rows)
    ]
    check("every finding is in the table", sorted(missing), [])
    found = {(tool, what, on) for tool, what, *names in findings for on in names}
    stale = [
        (row["tool"], row["id"], on)
        for row in rows
        if row["tool"] in TOOLS
        for on in row["on"]
        if (row["tool"], row["id"], on) not in found
    ]
    check("every row of the table is still found", sorted(stale), [])


def read_table():
    """Rows `| tool | findings | on | why |`; findings and resources are in backticks."""
    text = (ROOT / "docs" / "security.md").read_text()
    section = text.split("\n## What security scanners report\n")[1].split("\n## ")[0]
    rows = []
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if len(cells) != 4 or "`" not in cells[1]:
            continue
        for finding in re.findall(r"`([^`]+)`", cells[1]):
            on = set(re.findall(r"`([^`]+)`", cells[2]))
            rows.append({"tool": cells[0].strip(), "id": finding, "on": on, "why": cells[3]})
    return rows


main(*sys.argv[1:])
