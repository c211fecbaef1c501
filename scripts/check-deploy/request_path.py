"""Requests by HTTP and by the queue, as far as the verified webhook, and a dead letter."""

import http.client
import json
import re
import ssl

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from checks import check, wait_for
from companions import receiver
from service import STACK

CONVERSATION = "b0a7ca11-0000-4000-8000-000000000001"
USERS = ("a9e7c000-0000-4000-8000-000000000008", "a9e7c000-0000-4000-8000-000000000009")
REQUESTS_PATH = f"/conversations/{CONVERSATION}/participants"


def follow_requests(service, aws, emulator, genesys, receiver_port):
    print("npm run credentials, npm run doctor")
    client = {
        "GENESYS_CLIENT_ID": genesys["clientId"],
        "GENESYS_CLIENT_SECRET": genesys["clientSecret"],
    }
    output = service.npm("credentials", **client)
    check("stores the OAuth client", "is stored in the secret" in output, True)
    output = service.npm("credentials", **client)
    check("stores it once", "Nothing was changed" in output, True)
    output = service.npm("doctor")
    check("the doctor finds nothing wrong", re.search(r"\d+ failed", output), None)
    emulator.after_deploy(aws)

    [secret] = [name for name in aws.secrets() if "WebhookSigningSecret" in name]
    keys = re.findall(r"whsec_[A-Za-z0-9+/=]+", aws.secret(secret))
    check("there is a key to sign with", len(keys), 1)
    api = HttpApi(aws, emulator)
    with receiver(receiver_port, keys[0]) as events:
        by_http(api, events)
        by_queue(aws, api, events)
        invalid_message(service, aws, emulator)


class HttpApi:
    def __init__(self, aws, emulator):
        self.emulator = emulator
        self.host = f"{aws.resources()['HttpApi']}.execute-api.127.0.0.1:{emulator.port}"

    def call(self, method, path, body=None, signed=True):
        """Status and parsed body."""
        data = json.dumps(body) if body else None
        headers = {"host": self.host, "content-type": "application/json"}
        request = AWSRequest(method, f"https://{self.host}{path}", data=data, headers=headers)
        if signed:
            credentials = Credentials(*self.emulator.root)
            SigV4Auth(credentials, "execute-api", self.emulator.region).add_auth(request)
        # The certificate is for the emulator's own name, not for that of the API.
        context = ssl.create_default_context(cafile=self.emulator.certificate)
        context.check_hostname = False
        connection = http.client.HTTPSConnection("127.0.0.1", self.emulator.port, context=context)
        try:
            connection.request(method, path, data, dict(request.headers.items()))
            response = connection.getresponse()
            return response.status, json.loads(response.read() or b"null")
        finally:
            connection.close()

    def status_of(self, request_id):
        return self.call("GET", f"/requests/{request_id}")[1]


def by_http(api, events):
    print("a request by HTTP")
    body = {"participants": [{"id": USERS[0]}]}
    check("unsigned: refused", api.call("POST", REQUESTS_PATH, body, signed=False)[0], 403)
    status, accepted = api.call("POST", REQUESTS_PATH, body)
    check("signed: accepted", status, 202)
    follow(api, events, accepted.get("requestId"))
    status, problem = api.call("GET", "/requests/not-a-request-id")
    check("an unknown request is not found", (status, problem.get("status")), (404, 404))


def by_queue(aws, api, events):
    print("a request by the queue")
    request_id = "5d3c1f5e-1f0a-4e55-9a0e-6f3c1b2a4d01"
    send(aws, {"requestId": request_id, "conversationId": CONVERSATION, "participants": [{"id": USERS[1]}]})
    follow(api, events, request_id)


def follow(api, events, request_id):
    """Waits until the request is carried out, its webhook verified, and the delivery recorded."""
    event = f"evt_{request_id} participant_added SUCCESS conversation {CONVERSATION}"
    wait_for(lambda: event in events, bool)
    found = [one for one in events if one.startswith(f"evt_{request_id} ")]
    check("the receiver verified the webhook", found, [event])
    request = wait_for(
        lambda: api.status_of(request_id),
        lambda one: one.get("delivery", {}).get("status") == "DELIVERED",
    )
    found = (
        request.get("status"),
        [one.get("outcome") for one in request.get("participants", [])],
        request.get("delivery", {}).get("status"),
    )
    check("GET has its status", found, ("SUCCESS", ["ADDED"], "DELIVERED"))


def invalid_message(service, aws, emulator):
    print("a message that is not a request")
    send(aws, "not a request")
    check("is a dead letter", wait_for(lambda: aws.messages("requests-dlq.fifo"), bool), 1)
    # An operator's command, which the deployer has no right to.
    output = service.npm("dead-letters", "list", **emulator.access_of_operators())
    check("which the command lists, with the reason", "INVALID_MESSAGE" in output, True)
    wait_for(lambda: aws.messages("audit"), lambda count: count == 0)
    check("and its result is delivered too", aws.messages("audit"), 0)


def send(aws, body):
    sqs = aws.client("sqs")
    url = sqs.get_queue_url(QueueName=f"{STACK}-requests.fifo")["QueueUrl"]
    text = body if isinstance(body, str) else json.dumps(body)
    sqs.send_message(
        QueueUrl=url,
        MessageBody=text,
        MessageGroupId=CONVERSATION,
        MessageDeduplicationId=re.sub(r"\W", "", text)[:128],
    )
