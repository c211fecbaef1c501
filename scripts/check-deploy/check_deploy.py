"""Deploys the service to an emulator of AWS, reads back what is there, and removes it.

    check_deploy.py moto
    check_deploy.py ministack PYTHON      PYTHON is the one that ministack is installed for

Run by `npm run check:deploy`, which makes the virtual environments that this needs. One line for each
thing that was checked; the exit code is 1 if one of them failed.
"""

import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from aws import Aws
from checks import check, failures, wait_for
from companions import stand_in_genesys
from compare_with_template import compare_with_template
from policies import as_list, deployer_policies
from service import STACK, STAGE, Service

EVERY_PARAMETER = json.loads(Path(__file__).with_name("every-parameter.json").read_text())


@contextlib.contextmanager
def moto(folder):
    from moto_emulator import MotoEmulator

    with MotoEmulator(folder) as emulator:
        yield emulator, lambda *_: None


@contextlib.contextmanager
def ministack(folder, python):
    from ministack_emulator import MinistackEmulator, free_port
    from request_path import follow_requests

    receiver_port = free_port()
    with stand_in_genesys() as genesys:
        webhook_url = f"http://127.0.0.1:{receiver_port}/hook"
        with MinistackEmulator(folder, python, genesys["url"], webhook_url) as emulator:
            yield (
                emulator,
                lambda service, aws: follow_requests(service, aws, emulator, genesys, receiver_port),
            )


def main(name, *arguments):
    start = {"moto": moto, "ministack": ministack}[name]
    print(f"=== {name}")
    folder = Path(tempfile.mkdtemp(prefix="check-deploy-"))
    try:
        with start(folder, *arguments) as (emulator, follow_requests):
            service = Service(folder / "repository", emulator)
            aws = Aws(emulator)
            if name == "moto":
                lint(service)
            first_deploy(service, aws)
            print("what was deployed, read back")
            left_out = compare_with_template(service, aws)
            template = service.template()["Resources"]
            follow_requests(service, aws)
            second_deploy(service, aws, emulator)
            other_commands(service, aws, emulator)
            remove(service, aws, emulator)
            with_every_parameter(service, aws, emulator)
            if name == "moto":
                calls_of_the_commands(emulator)
            tell_what_was_not_checked(emulator, left_out, template)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if failures:
        sys.exit(f"{name}: {len(failures)} checks failed: {', '.join(failures)}")
    print(f"{name}: the deployment is as the template says.")


def lint(service):
    print("cfn-lint")
    variants = {
        "as it comes": ({}, "dev"),
        "for production, with a JWT authorizer and an e-mail address": (
            {
                "JWT_ISSUER": "https://issuer.example/",
                "JWT_AUDIENCE": "adder",
                "ALARM_EMAIL": "on-call@example.com",
            },
            "prod",
        ),
    }
    for name, (settings, stage) in variants.items():
        service.serverless("package", "--stage", stage, **settings)
        lint_template(service, f"the template {name}")
    service.serverless("package", "--stage", "prod", *every_parameter())
    # The boundary, the key and the certificate are of an account that the deployer names.
    lint_template(service, "the template with every parameter")


def lint_template(service, what):
    done = subprocess.run(
        [
            Path(sys.executable).with_name("cfn-lint"),
            "--regions",
            "us-east-1",
            "eu-west-1",
            "--",
            *(service.folder / ".serverless").glob("cloudformation-template-*.json"),
        ],
        capture_output=True,
        text=True,
    )
    check(what, done.stdout + done.stderr, "")


def every_parameter(but=()):
    return [f"--param={name}={value}" for name, value in EVERY_PARAMETER.items() if name not in but]


def first_deploy(service, aws):
    print("serverless deploy")
    output = service.deploy("--param=logRetention=45", refused=True)
    check("an unknown parameter is refused", "did you mean logRetentionDays?" in output, True)
    check("before anything is made", aws.stacks(), [])
    output = service.deploy()
    check("deployed", "Service deployed to stack" in output, True)


def second_deploy(service, aws, emulator):
    print("a second deploy")
    before = aws.everything()
    output = service.deploy()
    check("is skipped", "No changes to deploy" in output, True)
    service.deploy("--force")
    after = aws.everything()
    for name, value in before.items():
        check(f"changes nothing, even if forced: {name}", after[name], value)


def other_commands(service, aws, emulator):
    print("a deploy with another rate")
    output = service.deploy(GENESYS_REQUESTS_PER_SECOND="3")
    change = "GENESYS_REQUESTS_PER_SECOND 3 (deployed: 5)"
    check("says what it changes", change in " ".join(output.split()), True)
    for function in ("adder", "follow-up"):
        variables = aws.functions()[f"{STACK}-{function}"]["Environment"]["Variables"]
        check(f"changes the rate of {function}", variables["GENESYS_REQUESTS_PER_SECOND"], "3")

    print("a deploy without that rate")
    output = service.deploy(GENESYS_REQUESTS_PER_SECOND=None, refused=True)
    line = f'GENESYS_REQUESTS_PER_SECOND is "3" in stage {STAGE} and is not given now'
    check("is refused, because it would reset the stage", line in output, True)
    service.deploy("--param=allowReset=true", GENESYS_REQUESTS_PER_SECOND=None)
    variables = aws.functions()[f"{STACK}-adder"]["Environment"]["Variables"]
    check("resets it if told to", variables["GENESYS_REQUESTS_PER_SECOND"], "5")

    print("serverless deploy function, serverless info")
    output = service.serverless("deploy", "function", "-f", "adder", "--stage", STAGE)
    check("deploy function ends well", "adder" in output, True)
    output = service.serverless("info", "--stage", STAGE)
    check("info names the stack", f"stack: {STACK}" in output, True)


def remove(service, aws, emulator):
    print("serverless remove, with a message in a queue")
    url = aws.client("sqs").get_queue_url(QueueName=f"{STACK}-audit-dlq")["QueueUrl"]
    aws.client("sqs").send_message(QueueUrl=url, MessageBody="a result")
    output = service.serverless("remove", "--stage", STAGE, refused=True)
    check("is refused", "Not removed: the queues hold" in output, True)
    check("destroys nothing", STACK in aws.stacks(), True)

    print("serverless remove")
    emulator.before_removal(aws)
    service.serverless("remove", "--stage", STAGE, "--param=discardMessages=true")
    for name, value in wait_for(aws.everything, lambda found: not any(found.values()), 10).items():
        check(f"leaves no {name}", list(value), [])


def with_every_parameter(service, aws, emulator):
    print(f"serverless deploy with every parameter but {', '.join(emulator.unsupported_parameters)}")
    aws.client("events").create_event_bus(Name=EVERY_PARAMETER["eventBus"])
    parameters = every_parameter(but=emulator.unsupported_parameters)
    output = service.deploy(*parameters)
    check("deployed", "Service deployed to stack" in output, True)
    output = service.deploy(*parameters)
    check("a second time: skipped", "No changes to deploy" in output, True)
    service.serverless("remove", "--stage", STAGE)
    check("removed", STACK in aws.stacks(), False)


def calls_of_the_commands(emulator):
    print("docs/deployer-policies")
    statements = [one for policy in deployer_policies() for one in policy["Statement"]]
    allowed = {action for one in statements for action in as_list(one["Action"])}
    actions = emulator.recorded_actions()
    check("deploys and removals were recorded", len(actions) > 10, True)
    check("allows every call of them", sorted(set(actions) - allowed), [])


def tell_what_was_not_checked(emulator, left_out, template):
    print(f"NOT CHECKED with {emulator.name}:")
    for line in emulator.not_checked:
        print(f"  {line}")
    types = {}
    for logical_id in sorted(left_out):
        types.setdefault(template[logical_id]["Type"], []).append(logical_id)
    for type_, ids in sorted(types.items()):
        print(f"  left out of the stack: {type_}: {', '.join(ids)}")


main(*sys.argv[1:])
