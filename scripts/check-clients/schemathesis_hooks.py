"""Adjusts requests that are valid by the document and refused for a reason that no schema can state.

- The same Idempotency-Key with another body: each request gets a key of its own.
- The same participant twice: the second one becomes another.
- A SIP domain that the stage does not allow: a SIP address becomes a number.
- A wait for the result lasts a second at most.
"""

import re
import uuid

import schemathesis

VALID_KEY = re.compile(r"[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?")
SIP = re.compile(r"sips?:.", re.IGNORECASE)
USER_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
NUMBER = re.compile(r"(tel:)?\+[1-9]([().-]*[0-9]){2,14}(;ext=[0-9]{1,15})?", re.IGNORECASE)


@schemathesis.hook
def before_call(context, case, kwargs):
    headers = case.headers or {}
    key = headers.get("Idempotency-Key")
    if isinstance(key, str) and VALID_KEY.fullmatch(key):
        headers["Idempotency-Key"] = str(uuid.uuid4())
    if headers.get("Prefer") == "wait=10":
        headers["Prefer"] = "wait=1"
    participants = case.body.get("participants") if isinstance(case.body, dict) else None
    if isinstance(participants, list):
        make_distinct([one for one in participants if isinstance(one, dict)])


def make_distinct(participants):
    seen = set()
    for index, participant in enumerate(participants):
        user, address = participant.get("id"), participant.get("address")
        if isinstance(user, str) and USER_ID.fullmatch(user) and user.lower() in seen:
            participant["id"] = str(uuid.uuid4())
        if isinstance(address, str) and (
            SIP.match(address) or (NUMBER.fullmatch(address) and address in seen)
        ):
            participant["address"] = f"+1555123{index:04}"
        seen.update(str(name).lower() for name in (user, address) if name is not None)
