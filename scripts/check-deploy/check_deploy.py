"""Deploys the service to an AWS of this machine's own, reads back what is there, and removes it.

Run by `npm run check:deploy`, which makes the virtual environment that this needs. One line for each
thing that was checked; the exit code is 1 if one of them failed.
"""

import ast
import base64
import hashlib
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
import warnings
from pathlib import Path

import boto3
from moto.server import ThreadedMotoServer

ROOT = Path(__file__).resolve().parents[2]
STAGE = "check"
STACK = f"genesys-automated-adder-{STAGE}"
# A stage outside dev is protected, and this check removes its stack at the end.
UNPROTECTED = "--param=deletionProtection=false"
REGION = "us-east-1"
# Settings from a developer's shell or .env must not affect the check.
SETTINGS = {
    "GENESYS_ENV": "us-east-1",
    "GENESYS_REQUESTS_PER_SECOND": "5",
    "MAX_PARTICIPANTS": "20",
    "EXTERNAL_WEBHOOK_URL": "https://receiver.example/hook",
    "WEBHOOK_ALLOW_PRIVATE": "false",
    "JWT_ISSUER": "",
    "JWT_AUDIENCE": "",
    "ALARM_EMAIL": "",
}
failures = []


def check(what, found, wanted):
    if found == wanted:
        print(f"  ok    {what}")
        return
    failures.append(what)
    print(f"  FAIL  {what}\n          found  {found}\n          wanted {wanted}")


def as_document(policy):
    """boto3 decodes JSON; moto keeps the policies of a template as Python writes them."""
    return ast.literal_eval(policy) if isinstance(policy, str) else policy


class Service:
    """A copy of the repository, so that a running `npm start` and its bundles are left alone."""

    def __init__(self, folder, endpoint):
        self.folder = folder
        ignored = shutil.ignore_patterns(
            "node_modules", ".git", ".local", ".serverless", "coverage", ".env*"
        )
        shutil.copytree(ROOT, folder, ignore=ignored)
        (folder / "node_modules").symlink_to(ROOT / "node_modules")
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            **SETTINGS,
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
        }

    def serverless(self, *arguments, refused=False, **settings):
        """Runs `npx serverless` as a user would, and gives what it printed."""
        done = subprocess.run(
            ["node_modules/.bin/serverless", *arguments],
            cwd=self.folder,
            env={**self.environment, **settings},
            capture_output=True,
            text=True,
            timeout=300,
        )
        output = done.stdout + done.stderr
        if (done.returncode != 0) != refused:
            print(output)
            sys.exit(f"serverless {' '.join(arguments)} ended with {done.returncode}")
        return output

    def template(self):
        path = self.folder / ".serverless" / "cloudformation-template-update-stack.json"
        return json.loads(path.read_text())

    def zip_hash(self, function):
        content = (self.folder / ".serverless" / f"{function}.zip").read_bytes()
        return base64.b64encode(hashlib.sha256(content).digest()).decode()


class Aws:
    """What is there, read back through the public APIs."""

    def __init__(self, endpoint):
        self.client = lambda name: boto3.client(
            name,
            endpoint_url=endpoint,
            region_name=REGION,
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )

    def resources(self):
        """Physical ids by logical id; those that the emulator left out have none."""
        listed = self.client("cloudformation").list_stack_resources(StackName=STACK)
        return {
            one["LogicalResourceId"]: one.get("PhysicalResourceId") or one["LogicalResourceId"]
            for one in listed["StackResourceSummaries"]
            if one.get("LogicalResourceId")
        }

    def functions(self):
        kept = (
            "Handler",
            "Runtime",
            "Timeout",
            "MemorySize",
            "Environment",
            "CodeSha256",
            "Role",
            "Description",
        )
        return {
            one["FunctionName"]: {key: one.get(key) for key in kept}
            for one in self.client("lambda").list_functions()["Functions"]
        }

    def mappings(self):
        kept = (
            "BatchSize",
            "EventSourceArn",
            "FunctionArn",
            "ScalingConfig",
            "FunctionResponseTypes",
            "State",
        )
        listed = self.client("lambda").list_event_source_mappings()["EventSourceMappings"]
        mappings = [{key: one.get(key) for key in kept} for one in listed]
        return sorted(mappings, key=lambda one: one["EventSourceArn"])

    def queues(self):
        sqs = self.client("sqs")
        changing = ("Timestamp", "ApproximateNumber")
        return {
            url.rsplit("/", 1)[1]: {
                key: value
                for key, value in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])[
                    "Attributes"
                ].items()
                if not any(word in key for word in changing)
            }
            for url in sqs.list_queues().get("QueueUrls", [])
        }

    def roles(self):
        iam = self.client("iam")
        return {
            role["RoleName"]: {
                name: as_document(
                    iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)["PolicyDocument"]
                )
                for name in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
            }
            for role in iam.list_roles()["Roles"]
        }

    def log_groups(self):
        listed = self.client("logs").describe_log_groups()["logGroups"]
        return {one["logGroupName"]: one.get("retentionInDays") for one in listed}

    def dashboards(self):
        cloudwatch = self.client("cloudwatch")
        names = [one["DashboardName"] for one in cloudwatch.list_dashboards()["DashboardEntries"]]
        return {
            name: json.loads(cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"])
            for name in names
        }

    def topics(self):
        return [one["TopicArn"] for one in self.client("sns").list_topics()["Topics"]]

    def buckets(self):
        return [one["Name"] for one in self.client("s3").list_buckets()["Buckets"]]

    def stacks(self):
        return [one["StackName"] for one in self.client("cloudformation").describe_stacks()["Stacks"]]

    def everything(self):
        names = (
            "functions mappings queues roles log_groups dashboards topics buckets stacks".split()
        )
        return {name: getattr(self, name)() for name in names}


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
        check(f"the template {name}", done.stdout + done.stderr, "")


def compare_with_template(service, aws):
    template = service.template()["Resources"]
    deployed = aws.resources()
    left_out = {id for id, one in template.items() if id not in deployed and "Condition" not in one}

    print("what was deployed, read back")
    functions = aws.functions()
    for name in ("intake", "adder", "relay", "requests"):
        wanted = template[f"{name.capitalize()}LambdaFunction"]["Properties"]
        found = functions[f"{STACK}-{name}"]
        keys = ("Handler", "Runtime", "Timeout", "MemorySize", "Description")
        check(f"{name}: settings", {key: found[key] for key in keys}, {key: wanted[key] for key in keys})
        check(f"{name}: code", found["CodeSha256"], service.zip_hash(name))
        check(f"{name}: role", found["Role"].rsplit("/", 1)[1], deployed[f"{name.capitalize()}Role"])
        variables = {
            # Leave out references to resources that the emulator does not support.
            key: deployed[value["Ref"]] if isinstance(value, dict) else value
            for key, value in wanted["Environment"]["Variables"].items()
            if not (isinstance(value, dict) and value["Ref"] in left_out)
        }
        check(f"{name}: environment", found["Environment"]["Variables"], variables)

    mappings = aws.mappings()
    sources = {"AuditQueue": "relay", "RequestQueue": "adder", "WatchQueue": "follow-up"}
    for found, (source, function) in zip(mappings, sources.items()):
        wanted = next(
            one["Properties"]
            for one in template.values()
            if one["Type"] == "AWS::Lambda::EventSourceMapping"
            and one["Properties"]["EventSourceArn"]["Fn::GetAtt"][0] == source
        )
        keys = ("BatchSize", "ScalingConfig", "FunctionResponseTypes")
        check(
            f"{source} to {function}: settings",
            {key: found[key] for key in keys},
            {key: wanted[key] for key in keys},
        )
        check(
            f"{source} to {function}: source and target",
            (found["EventSourceArn"].rsplit(":", 1)[1], found["FunctionArn"].rsplit(":", 1)[1]),
            (deployed[source].rsplit("/", 1)[1], f"{STACK}-{function}"),
        )
    check("event source mappings", len(mappings), len(sources))

    queues = aws.queues()
    wanted_queues = [one for one in template.values() if one["Type"] == "AWS::SQS::Queue"]
    check("queues", len(queues), len(wanted_queues))
    for wanted in (one["Properties"] for one in wanted_queues):
        found = queues[wanted["QueueName"]]
        attributes = {
            key: str(value).lower() if isinstance(value, bool) else str(value)
            for key, value in wanted.items()
            if key not in ("QueueName", "RedrivePolicy")
        }
        check(f"{wanted['QueueName']}: attributes", {key: found[key] for key in attributes}, attributes)
        if "RedrivePolicy" in wanted:
            policy = json.loads(found["RedrivePolicy"])
            target = wanted["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
            check(
                f"{wanted['QueueName']}: dead letters",
                (policy["deadLetterTargetArn"].rsplit(":", 1)[1], policy["maxReceiveCount"]),
                (
                    template[target]["Properties"]["QueueName"],
                    wanted["RedrivePolicy"]["maxReceiveCount"],
                ),
            )

    check(
        "log groups and their retention",
        aws.log_groups(),
        {
            one["Properties"]["LogGroupName"]: one["Properties"]["RetentionInDays"]
            for one in template.values()
            if one["Type"] == "AWS::Logs::LogGroup"
        },
    )
    for name in ("Intake", "Adder", "Relay", "Requests"):
        [wanted] = template[f"{name}Role"]["Properties"]["Policies"]
        found = aws.roles()[deployed[f"{name}Role"]][wanted["PolicyName"]]["Statement"]
        actions = [one["Action"] for one in wanted["PolicyDocument"]["Statement"]]
        check(f"{name}Role: actions", [one["Action"] for one in found], actions)
    check("the dashboard has widgets", len(aws.dashboards()[STACK]["widgets"]) > 5, True)
    return left_out, template


# Services whose requests are identified by method and path instead of an action.
REST_ACTIONS = (
    ("lambda", "GET", r"/functions/[^/]+/configuration$", "lambda:GetFunctionConfiguration"),
    ("lambda", "GET", r"/functions/[^/]+$", "lambda:GetFunction"),
    ("lambda", "PUT", r"/functions/[^/]+/code$", "lambda:UpdateFunctionCode"),
    ("lambda", "PUT", r"/functions/[^/]+/configuration$", "lambda:UpdateFunctionConfiguration"),
    ("s3", "HEAD", r"", "s3:ListBucket"),
    ("s3", "GET", r"^/[^/]+/?$", "s3:ListBucket"),
    ("s3", "GET", r"", "s3:GetObject"),
    ("s3", "PUT", r"", "s3:PutObject"),
    ("s3", "POST", r"", "s3:DeleteObject"),
)


def action_of(request):
    """What IAM calls a recorded request."""
    headers = {key.lower(): value for key, value in request["headers"].items()}
    service = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", headers["authorization"])[1]
    if "x-amz-target" in headers:
        return f"{service}:{headers['x-amz-target'].split('.')[-1]}"
    path = urllib.parse.urlsplit(request["url"]).path
    for one, method, pattern, action in REST_ACTIONS:
        if (one, method) == (service, request["method"]) and re.search(pattern, path):
            return action
    body = request["body"] or ""
    if request["body_encoded"]:
        body = base64.b64decode(body).decode()
    action = urllib.parse.parse_qs(body).get("Action", [f"{request['method']} {path}"])[0]
    return f"{service}:{action}"


def json_documents(text):
    """JSON documents one after the other. moto writes no line break between concurrent requests."""
    decoder = json.JSONDecoder()
    documents = []
    text = text.lstrip()
    while text:
        document, end = decoder.raw_decode(text)
        documents.append(document)
        text = text[end:].lstrip()
    return documents


def recorded_actions(endpoint):
    """Every action that the command itself made; what CloudFormation makes stays inside of moto."""
    with urllib.request.urlopen(f"{endpoint}/moto-api/recorder/download-recording") as response:
        requests = json_documents(response.read().decode())
    ours = [one for one in requests if "aws-sdk-js" in one["headers"].get("User-Agent", "")]
    return sorted({action_of(one) for one in ours})


def allowed_actions():
    policy = json.loads((ROOT / "docs" / "deployer-policy.json").read_text())
    lists = [one["Action"] for one in policy["Statement"]]
    return {action for one in lists for action in ([one] if isinstance(one, str) else one)}


def tell_what_was_not_checked(left_out, template):
    types = {}
    for logical_id in sorted(left_out):
        types.setdefault(template[logical_id]["Type"], []).append(logical_id)
    print("NOT CHECKED: moto has no CloudFormation support for these and leaves them out")
    for type_, ids in sorted(types.items()):
        print(f"  {type_}: {', '.join(ids)}")
    print("  and, of the functions: Architectures, TracingConfig, Tags, references to the above")


def main():
    # One line for each request and for each unsupported resource, printed at the end.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    logging.getLogger("moto").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    endpoint = f"http://127.0.0.1:{port}"
    folder = Path(tempfile.mkdtemp(prefix="check-deploy-"))
    # moto writes its recordings into the working directory.
    os.chdir(folder)
    urllib.request.urlopen(f"{endpoint}/moto-api/recorder/start-recording", data=b"").close()
    try:
        service = Service(folder / "repository", endpoint)
        aws = Aws(endpoint)
        lint(service)

        print("serverless deploy")
        output = service.serverless(
            "deploy", "--stage", STAGE, "--param=logRetention=45", refused=True
        )
        check("an unknown parameter is refused", "did you mean logRetentionDays?" in output, True)
        check("before anything is made", aws.stacks(), [])
        output = service.serverless("deploy", "--stage", STAGE, UNPROTECTED)
        check("deployed", "Service deployed to stack" in output, True)
        left_out, template = compare_with_template(service, aws)

        print("a second deploy")
        before = aws.everything()
        output = service.serverless("deploy", "--stage", STAGE, UNPROTECTED)
        check("is skipped", "No changes to deploy" in output, True)
        service.serverless("deploy", "--stage", STAGE, UNPROTECTED, "--force")
        after = aws.everything()
        for name, value in before.items():
            check(f"changes nothing, even if forced: {name}", after[name], value)

        print("a deploy with another rate")
        service.serverless("deploy", "--stage", STAGE, UNPROTECTED, GENESYS_REQUESTS_PER_SECOND="3")
        rate = aws.functions()[f"{STACK}-adder"]["Environment"]["Variables"][
            "GENESYS_REQUESTS_PER_SECOND"
        ]
        check("changes the rate", rate, "3")

        print("serverless deploy function")
        output = service.serverless("deploy", "function", "-f", "adder", "--stage", STAGE)
        check("ends well", "adder" in output, True)

        print("serverless remove, with a message in a queue")
        url = aws.client("sqs").get_queue_url(QueueName=f"{STACK}-audit-dlq")["QueueUrl"]
        aws.client("sqs").send_message(QueueUrl=url, MessageBody="a result")
        output = service.serverless("remove", "--stage", STAGE, refused=True)
        check("is refused", "the queues hold 1 message" in output, True)
        check("destroys nothing", STACK in aws.stacks(), True)
        aws.client("sqs").purge_queue(QueueUrl=url)

        print("serverless remove")
        service.serverless("remove", "--stage", STAGE)
        for name, value in aws.everything().items():
            check(f"leaves no {name}", list(value), [])

        print("docs/deployer-policy.json")
        actions = recorded_actions(endpoint)
        check("deploys and removals were recorded", len(actions) > 10, True)
        check("allows every call of them", sorted(set(actions) - allowed_actions()), [])

        tell_what_was_not_checked(left_out, template)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    if failures:
        sys.exit(f"{len(failures)} checks failed: {', '.join(failures)}")
    print("The deployment is as the template says.")


main()
