"""Adds people with the client of openapi-python-client, reads the request, and gets an error."""

import os
from uuid import UUID

from adder_client import AuthenticatedClient
from adder_client.api.participants import add_participants
from adder_client.api.requests import get_request
from adder_client.models import (
    OutsideParty,
    Problem,
    Request,
    RequestBody,
    Role,
    SubmittedRequest,
    User,
)

CONVERSATION = UUID("b0a7ca11-0000-4000-8000-000000000001")
IVO = UUID("a9e7c000-0000-4000-8000-000000000009")
NUMBER = "+15551230198"

client = AuthenticatedClient(base_url=os.environ["API"], token=os.environ["TOKEN"], timeout=30)
people = [User(id=IVO, role=Role.AGENT), OutsideParty(address=NUMBER)]
body = RequestBody(participants=people, deadline_seconds=60)

added = add_participants.sync(CONVERSATION, client=client, body=body)
assert isinstance(added, SubmittedRequest), added
request = get_request.sync(added.request_id, client=client, prefer="wait=20")
assert isinstance(request, Request), request
assert request.status == "SUCCESS", request
assert request.participants[0].id == str(IVO), request
assert request.participants[1].address == NUMBER, request
assert [one.outcome for one in request.participants] == ["ADDED", "ADDED"], request

problem = add_participants.sync(CONVERSATION, client=client, body=RequestBody(participants=[]))
assert isinstance(problem, Problem), problem
assert problem.status == 422, problem
assert [field.pointer for field in problem.errors] == ["/participants"], problem
