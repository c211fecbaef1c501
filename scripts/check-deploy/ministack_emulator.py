"""ministack: the functions run, behind the API and the queues, and IAM decides about every call."""

import json
import os
import socket
import subprocess

import boto3

from checks import wait_for
from policies import as_list, deployer_policies
from service import ROOT

ACCOUNT = "000000000000"
# Grants what the roles have in forms that ministack does not understand.
REPEATED_POLICY = "as-understood"


class MinistackEmulator:
    name = "ministack"
    region = "us-east-1"
    runs_functions = True
    root = ("test", "test")
    parameters = {
        # Metric math does not exist there.
        "alarms": "false",
        # The stand-in Genesys Cloud and the receiver are on this machine.
        "allowLoopback": "true",
        # Its aws:PrincipalArn is the session, where that of AWS is the role.
        "operatorRoleArns": f"arn:aws:sts::{ACCOUNT}:assumed-role/genesys-automated-adder-*",
    }
    unsupported_parameters = ("operatorRoleArns", "auditTrailRetentionDays")
    not_checked = (
        "alarms: it has no metric math",
        "conditions on keys of DynamoDB and Secrets Manager: it does not know them, so the roles get"
        " the same actions on the same resources without them",
        "what CloudFormation may do in the deployer's name: there it may do everything",
    )

    def __init__(self, folder, python, genesys_url, webhook_url):
        self.folder = folder / "ministack"
        self.python = python
        self.settings = {
            "GENESYS_ENV": genesys_url,
            "EXTERNAL_WEBHOOK_URL": webhook_url,
            "WEBHOOK_ALLOW_PRIVATE": "true",
        }

    def __enter__(self):
        self.folder.mkdir()
        self.port = free_port()
        self.endpoint = f"https://127.0.0.1:{self.port}"
        environment = {
            # Functions run on the first `node` of the path: the one that npm ci installed.
            "PATH": f"{ROOT / 'node_modules' / '.bin'}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder),
            "MINISTACK_HOST": "127.0.0.1",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "AUTH": "true",
            # The queues accept nothing without TLS.
            "USE_SSL": "1",
        }
        made = subprocess.run(
            [self.python, "-c", "from ministack.core import tls; print(*tls.resolve_tls_material())"],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        self.certificate, key = made.stdout.split()
        with open(self.folder / "log.txt", "w") as log:
            self.server = subprocess.Popen(
                [
                    *(self.python, "-m", "hypercorn", "ministack.app:app"),
                    *("--bind", f"127.0.0.1:{self.port}", "--keep-alive", "75"),
                    *("--certfile", self.certificate, "--keyfile", key),
                ],
                env={**environment, "MINISTACK_SSL_CERT": self.certificate, "MINISTACK_SSL_KEY": key},
                stdout=log,
                stderr=log,
            )
        try:
            wait_for(self.is_ready, bool)
            self.access = self.create_deployer()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.server.terminate()
        self.server.wait(timeout=20)

    def is_ready(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def client(self, name):
        return boto3.client(
            name,
            endpoint_url=self.endpoint,
            region_name=self.region,
            verify=self.certificate,
            aws_access_key_id=self.root[0],
            aws_secret_access_key=self.root[1],
        )

    def create_deployer(self):
        """Keys of a user who has the documented policies and nothing else."""
        iam = self.client("iam")
        iam.create_user(UserName="deployer")
        for number, policy in enumerate(deployer_policies(self.region, ACCOUNT)):
            created = iam.create_policy(
                PolicyName=f"deployer-{number}", PolicyDocument=json.dumps(policy)
            )
            iam.attach_user_policy(UserName="deployer", PolicyArn=created["Policy"]["Arn"])
        key = iam.create_access_key(UserName="deployer")["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]

    def access_of_commands(self):
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access[0],
            "AWS_SECRET_ACCESS_KEY": self.access[1],
            "NODE_EXTRA_CA_CERTS": self.certificate,
        }

    def access_of_operators(self):
        return {"AWS_ACCESS_KEY_ID": self.root[0], "AWS_SECRET_ACCESS_KEY": self.root[1]}

    def after_deploy(self, aws):
        """Repeats what it does not understand: condition keys of services, and ARNs of secrets by Ref."""
        iam = aws.client("iam")
        for role, policies in aws.roles().items():
            statements = [
                {
                    "Effect": "Allow",
                    "Action": one["Action"],
                    "Resource": [as_arn(resource) for resource in as_list(one["Resource"])],
                }
                for name, policy in policies.items()
                for one in policy["Statement"]
                if name != REPEATED_POLICY and ("Condition" in one or "Secret" in str(one["Resource"]))
            ]
            document = {"Version": "2012-10-17", "Statement": statements}
            if statements:
                iam.put_role_policy(
                    RoleName=role, PolicyName=REPEATED_POLICY, PolicyDocument=json.dumps(document)
                )

    def before_removal(self, aws):
        iam = aws.client("iam")
        for role, policies in aws.roles().items():
            if REPEATED_POLICY in policies:
                iam.delete_role_policy(RoleName=role, PolicyName=REPEATED_POLICY)


def as_arn(resource):
    """Ref of a secret is its ARN; there it is its name."""
    if resource.startswith("arn:"):
        return resource
    return f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:{resource}-*"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
