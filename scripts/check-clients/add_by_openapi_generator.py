"""Adds people with the client that openapi-generator generates, reads the request, and gets an error."""

import os

from openapi_client import (
    ApiClient,
    ApiException,
    Configuration,
    OutsideParty,
    Participant,
    ParticipantsApi,
    Problem,
    Request,
    RequestBody,
    RequestsApi,
    Role,
    SubmittedRequest,
    User,
)

CONVERSATION = "b0a7ca11-0000-4000-8000-000000000001"
HANA = "a9e7c000-0000-4000-8000-000000000008"
NUMBER = "+15551230199"

client = ApiClient(Configuration(host=os.environ["API"], access_token=os.environ["TOKEN"]))
participants = ParticipantsApi(client)
user = Participant(User(id=HANA, role=Role.AGENT))
outside_party = Participant(OutsideParty(address=NUMBER, role="customer"))
body = RequestBody(participants=[user, outside_party], deadlineSeconds=60)

added = participants.add_participants(CONVERSATION, body)
assert isinstance(added, SubmittedRequest), added
request = RequestsApi(client).get_request(added.request_id, prefer="wait=20")
assert isinstance(request, Request), request
assert request.status == "SUCCESS", request
assert [one.id or one.address for one in request.participants] == [HANA, NUMBER], request
assert [one.outcome.value for one in request.participants] == ["ADDED", "ADDED"], request

try:
    participants.add_participants(CONVERSATION, RequestBody(participants=[user, user]))
    raise AssertionError("a participant that is named twice was accepted")
except ApiException as error:
    assert error.status == 422, error
    assert isinstance(error.data, Problem), error.data
    pointers = [field.pointer for field in error.data.errors]
    assert pointers == ["/participants/0/id", "/participants/1/id"], pointers
