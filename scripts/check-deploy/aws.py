"""What is there, read back through the public APIs."""

import ast
import json

import boto3

from service import STACK


def as_document(policy):
    """boto3 decodes JSON; moto keeps the policies of a template as Python writes them."""
    return ast.literal_eval(policy) if isinstance(policy, str) else policy


class Aws:
    def __init__(self, emulator):
        self.client = lambda name: boto3.client(
            name,
            endpoint_url=emulator.endpoint,
            region_name=emulator.region,
            verify=emulator.certificate,
            aws_access_key_id=emulator.root[0],
            aws_secret_access_key=emulator.root[1],
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

    def messages(self, queue):
        """How many messages a queue holds, in flight or not."""
        sqs = self.client("sqs")
        url = sqs.get_queue_url(QueueName=f"{STACK}-{queue}")["QueueUrl"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return sum(int(n) for key, n in found.items() if key.startswith("ApproximateNumberOf"))

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

    def tables(self):
        return self.client("dynamodb").list_tables()["TableNames"]

    def topics(self):
        return [one["TopicArn"] for one in self.client("sns").list_topics()["Topics"]]

    def buckets(self):
        return [one["Name"] for one in self.client("s3").list_buckets()["Buckets"]]

    def secrets(self):
        """Values by name, which no deploy may change."""
        client = self.client("secretsmanager")
        names = sorted(one["Name"] for one in client.list_secrets()["SecretList"])
        return {name: self.secret(name) for name in names}

    def secret(self, name):
        """A secret that the template creates has no value until `npm run credentials` stores one."""
        client = self.client("secretsmanager")
        try:
            return client.get_secret_value(SecretId=name).get("SecretString")
        except client.exceptions.ResourceNotFoundException:
            return None

    def stacks(self):
        return [one["StackName"] for one in self.client("cloudformation").describe_stacks()["Stacks"]]

    def everything(self):
        names = (
            "functions mappings queues roles log_groups dashboards tables topics buckets secrets stacks"
        )
        return {name: getattr(self, name)() for name in names.split()}
