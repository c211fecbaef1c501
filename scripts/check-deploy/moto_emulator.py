"""moto: resources are made, functions do not run. It records which calls a command makes."""

import base64
import json
import logging
import os
import re
import urllib.parse
import urllib.request
import warnings

from moto.server import ThreadedMotoServer

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


class MotoEmulator:
    name = "moto"
    region = "us-east-1"
    runs_functions = False
    root = ("local", "local")
    certificate = None
    parameters = {}
    # CloudFormation there makes neither a domain nor a delivery stream, whose attributes are read.
    unsupported_parameters = ("customDomain", "certificateArn", "auditTrailRetentionDays")
    settings = {
        "GENESYS_ENV": "us-east-1",
        "EXTERNAL_WEBHOOK_URL": "https://receiver.example/hook",
        "WEBHOOK_ALLOW_PRIVATE": "false",
    }
    not_checked = (
        "the functions do not run",
        "of the functions: Architectures, TracingConfig, Tags, references to what is left out",
    )

    def __init__(self, folder):
        self.folder = folder

    def __enter__(self):
        # One line for each request and for each unsupported resource, printed at the end.
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        logging.getLogger("moto").setLevel(logging.ERROR)
        warnings.simplefilter("ignore")
        # moto writes its recordings into the working directory.
        os.chdir(self.folder)
        self.server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self.server.start()
        _, port = self.server.get_host_and_port()
        self.endpoint = f"http://127.0.0.1:{port}"
        urllib.request.urlopen(f"{self.endpoint}/moto-api/recorder/start-recording", data=b"").close()
        return self

    def __exit__(self, *_):
        self.server.stop()

    def access_of_commands(self):
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.root[0],
            "AWS_SECRET_ACCESS_KEY": self.root[1],
        }

    def after_deploy(self, aws):
        pass

    def before_removal(self, aws):
        pass

    def recorded_actions(self):
        """Every action that the commands themselves made; what CloudFormation makes stays inside of moto."""
        url = f"{self.endpoint}/moto-api/recorder/download-recording"
        with urllib.request.urlopen(url) as response:
            requests = json_documents(response.read().decode())
        ours = [one for one in requests if "aws-sdk-js" in one["headers"].get("User-Agent", "")]
        return sorted({action_of(one) for one in ours})


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
