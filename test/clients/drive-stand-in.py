"""Drives the stand-in Genesys Cloud with the vendor's Python SDK, and prints what it understood as JSON."""

import json
import sys

import PureCloudPlatformClientV2 as sdk
from PureCloudPlatformClientV2.rest import ApiException

url, client_id, client_secret, conversation_id, acting_id, user_id = sys.argv[1:]
client = sdk.api_client.ApiClient(host=url)
client.get_client_credentials_token(client_id, client_secret)
conversations = sdk.ConversationsApi(client)
users = sdk.UsersApi(client)
EXPAND = ["presence", "routingStatus", "outOfOffice", "station"]


def people(conversation):
    return [
        {
            "userId": one.user_id,
            "address": one.address,
            "purpose": one.purpose,
            "roles": one.media_roles,
            "states": [call.state for call in one.calls or []],
        }
        for one in conversation.participants
    ]


def status_of(call):
    try:
        call()
    except ApiException as error:
        return [error.status, json.loads(error.body)["code"]]
    return [200]


def body(*participants):
    conversation = sdk.Conversation()
    conversation.participants = [sdk.Participant() for _ in participants]
    for one, fields in zip(conversation.participants, participants):
        for name, value in fields.items():
            setattr(one, name, value)
    return conversation


def add(acting, *participants):
    return conversations.post_conversations_call_participants_user_user_id(
        conversation_id, acting, body(*participants)
    )


before = conversations.get_conversation(conversation_id)
found = users.get_users(id=[user_id], expand=EXPAND, page_size=100, state="any").entities[0]
added = add(acting_id, {"user_id": user_id}, {"address": "+15551234567"})
after = conversations.get_conversation(conversation_id)
print(
    json.dumps(
        {
            "before": people(before),
            "user": [found.id, found.state, found.presence.presence_definition.system_presence],
            "added": people(added),
            "after": people(after),
            "withoutActingUser": status_of(
                lambda: conversations.post_conversations_call_participants(conversation_id, body())
            ),
            "unknownConversation": status_of(lambda: conversations.get_conversation(user_id)),
            "unknownUser": status_of(lambda: users.get_user(conversation_id, expand=EXPAND)),
            # What the SDK reads in place of a value that its enumerations do not have.
            "unknownValues": "".join(map(str, [before, found, added, after])).count(
                "outdated_sdk_version"
            ),
        }
    )
)
