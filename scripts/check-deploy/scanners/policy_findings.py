"""Findings of parliament and cloudsplaining for the policies in templates, and for policies in files.

    policy_findings.py FILE...

A template has `Resources`, anything else is a policy. Prints [tool, finding, resource] as JSON.
"""

import json
import re
import sys
from pathlib import Path

from cloudsplaining.scan.policy_document import PolicyDocument
from parliament import analyze_policy_string

PSEUDO_PARAMETERS = {
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::AccountId": "111111111111",
    "AWS::URLSuffix": "amazonaws.com",
}
ACCOUNT = "us-east-1:111111111111"
ARNS = {
    "AWS::SQS::Queue": f"arn:aws:sqs:{ACCOUNT}:NAME",
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{ACCOUNT}:table/NAME",
    "AWS::SecretsManager::Secret": f"arn:aws:secretsmanager:{ACCOUNT}:secret:NAME-a1b2c3",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{ACCOUNT}:log-group:NAME:*",
    "AWS::S3::Bucket": "arn:aws:s3:::NAME",
    "AWS::KinesisFirehose::DeliveryStream": f"arn:aws:firehose:{ACCOUNT}:deliverystream/NAME",
    "AWS::Lambda::Function": f"arn:aws:lambda:{ACCOUNT}:function:NAME",
    "AWS::Lambda::Alias": f"arn:aws:lambda:{ACCOUNT}:function:NAME:data-action",
}


class Template:
    def __init__(self, document):
        self.resources = document["Resources"]

    def policies(self):
        for logical_id, one in self.resources.items():
            properties = one["Properties"]
            if one["Type"] == "AWS::IAM::Role":
                for policy in properties.get("Policies", []):
                    yield logical_id, self.resolve(policy["PolicyDocument"])
            if one["Type"] in ("AWS::IAM::RolePolicy", "AWS::IAM::Policy"):
                yield logical_id, self.resolve(properties["PolicyDocument"])

    def resolve(self, value):
        """The value with the functions of CloudFormation carried out, on made-up ARNs."""
        if isinstance(value, list):
            return [self.resolve(one) for one in value]
        if not isinstance(value, dict):
            return value
        if "Ref" in value:
            return self.attribute(value["Ref"], "Arn")
        if "Fn::GetAtt" in value:
            return self.attribute(*value["Fn::GetAtt"])
        if "Fn::Join" in value:
            separator, parts = value["Fn::Join"]
            return separator.join(self.resolve(parts))
        if "Fn::Sub" in value:
            return re.sub(
                r"\$\{([\w:]+)(?:\.(\w+))?\}",
                lambda match: self.attribute(match[1], match[2] or "Arn"),
                value["Fn::Sub"],
            )
        return {key: self.resolve(one) for key, one in value.items()}

    def attribute(self, logical_id, name):
        if logical_id in PSEUDO_PARAMETERS:
            return PSEUDO_PARAMETERS[logical_id]
        arn = ARNS[self.resources[logical_id]["Type"]].replace("NAME", logical_id.lower())
        return f"{arn}/stream/LABEL" if name == "StreamArn" else arn


def findings(policy):
    for one in analyze_policy_string(json.dumps(policy)).findings:
        yield "parliament", one.issue
    document = PolicyDocument(policy)
    risks = {
        "infrastructure modification": document.infrastructure_modification,
        "permissions management": document.permissions_management_without_constraints,
        "credentials exposure": document.credentials_exposure,
        "data exfiltration": document.allows_data_exfiltration_actions,
        "privilege escalation": document.allows_privilege_escalation,
        "service wildcard": document.service_wildcard,
    }
    for risk, actions in risks.items():
        if actions:
            yield "cloudsplaining", risk


def main(files):
    found = []
    for file in map(Path, files):
        text = file.read_text().replace("REGION", "us-east-1").replace("ACCOUNT", "111111111111")
        document = json.loads(text)
        policies = (
            Template(document).policies() if "Resources" in document else [(file.name, document)]
        )
        found += [[tool, what, name] for name, policy in policies for tool, what in findings(policy)]
    print(json.dumps(found))


main(sys.argv[1:])
