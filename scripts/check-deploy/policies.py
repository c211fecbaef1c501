"""The policies of the deployer, as documented."""

import json

from service import ROOT


def deployer_policies(region="us-east-1", account="000000000000"):
    """The documents, in the order of their names."""
    files = sorted((ROOT / "docs" / "deployer-policies").glob("*.json"))
    texts = [file.read_text().replace("REGION", region).replace("ACCOUNT", account) for file in files]
    return [json.loads(text) for text in texts]


def as_list(value):
    return value if isinstance(value, list) else [value]
