"""Compares what is there with what the template says."""

import json

from checks import check
from service import STACK

FUNCTIONS = {
    "intake": "Intake",
    "adder": "Adder",
    "relay": "Relay",
    "requests": "Requests",
    "follow-up": "FollowDashup",
}
ROLES = ("IntakeRole", "AdderRole", "RelayRole", "RequestsRole", "FollowUpRole")
SOURCES = {"AuditQueue": "relay", "RequestQueue": "adder", "WatchQueue": "follow-up"}


def compare_with_template(service, aws):
    """The logical ids that the emulator left out of the stack."""
    template = service.template()["Resources"]
    deployed = aws.resources()
    left_out = {id for id, one in template.items() if id not in deployed and "Condition" not in one}
    compare_functions(service, aws, template, deployed, left_out)
    compare_mappings(aws, template, deployed)
    compare_queues(aws, template)
    compare_roles(aws, template, deployed)
    check(
        "log groups and their retention",
        aws.log_groups(),
        {
            one["Properties"]["LogGroupName"]: one["Properties"]["RetentionInDays"]
            for one in template.values()
            if one["Type"] == "AWS::Logs::LogGroup"
        },
    )
    check("the dashboard has widgets", len(aws.dashboards()[STACK]["widgets"]) > 5, True)
    return left_out


def compare_functions(service, aws, template, deployed, left_out):
    functions = aws.functions()
    logical_ids = {id for id, one in template.items() if one["Type"] == "AWS::Lambda::Function"}
    check("functions", logical_ids, {f"{one}LambdaFunction" for one in FUNCTIONS.values()})
    for name, logical_name in FUNCTIONS.items():
        wanted = template[f"{logical_name}LambdaFunction"]["Properties"]
        found = functions[f"{STACK}-{name}"]
        keys = ("Handler", "Runtime", "Timeout", "MemorySize", "Description")
        check(f"{name}: settings", {key: found[key] for key in keys}, {key: wanted[key] for key in keys})
        check(f"{name}: code", found["CodeSha256"], service.zip_hash(name))
        role = wanted["Role"]["Fn::GetAtt"][0]
        check(f"{name}: role", found["Role"].rsplit("/", 1)[1], deployed[role])
        variables = {
            # Leave out references to resources that the emulator does not support.
            key: deployed[value["Ref"]] if isinstance(value, dict) else value
            for key, value in wanted["Environment"]["Variables"].items()
            if not (isinstance(value, dict) and value["Ref"] in left_out)
        }
        check(f"{name}: environment", found["Environment"]["Variables"], variables)


def compare_mappings(aws, template, deployed):
    mappings = aws.mappings()
    check("event source mappings", len(mappings), len(SOURCES))
    for found, (source, function) in zip(mappings, SOURCES.items()):
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


def compare_queues(aws, template):
    queues = aws.queues()
    wanted_queues = [
        one["Properties"] for one in template.values() if one["Type"] == "AWS::SQS::Queue"
    ]
    check("queues", set(queues), {one["QueueName"] for one in wanted_queues})
    for wanted in wanted_queues:
        name = wanted["QueueName"]
        attributes = {
            key: str(value).lower() if isinstance(value, bool) else str(value)
            for key, value in wanted.items()
            if key not in ("QueueName", "RedrivePolicy")
        }
        check(f"{name}: attributes", {key: queues[name].get(key) for key in attributes}, attributes)
        if "RedrivePolicy" not in wanted:
            continue
        policy = json.loads(queues[name]["RedrivePolicy"])
        target = wanted["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        check(
            f"{name}: dead letters",
            (policy["deadLetterTargetArn"].rsplit(":", 1)[1], int(policy["maxReceiveCount"])),
            (
                template[target]["Properties"]["QueueName"],
                wanted["RedrivePolicy"]["maxReceiveCount"],
            ),
        )


def compare_roles(aws, template, deployed):
    roles = aws.roles()
    for role in ROLES:
        [wanted] = template[role]["Properties"]["Policies"]
        found = roles[deployed[role]][wanted["PolicyName"]]["Statement"]
        actions = [one["Action"] for one in wanted["PolicyDocument"]["Statement"]]
        check(f"{role}: actions", [one["Action"] for one in found], actions)
