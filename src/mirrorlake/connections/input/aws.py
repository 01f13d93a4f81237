"""The fields for roles, access keys, regions and endpoints of AWS and compatible servers."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from mirrorlake.connections.input.advice import Advice, options, shown
from mirrorlake.connections.input.web_addresses import recognise

_ROLE = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+")
_SESSION = re.compile(r"arn:(aws[a-z-]*):sts::([0-9]{12}):assumed-role/([\w+=,.@-]+)/.+")
_KEY_ID = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,}")
_REGION = re.compile(r"[a-z]{2,5}(?:-[a-z]+)+-[0-9]{1,2}")
_ZONE = re.compile(r"([a-z]{2,5}(?:-[a-z]+)+-[0-9]{1,2})[a-z]")
_SECRET_LENGTH = 40
_PASTED = "Paste it again: a key has no blanks and line ends."
# As the console shows regions. https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
_NAMES = {
    "ireland": "eu-west-1", "london": "eu-west-2", "paris": "eu-west-3", "frankfurt": "eu-central-1",
    "zurich": "eu-central-2", "stockholm": "eu-north-1", "milan": "eu-south-1", "spain": "eu-south-2",
    "n. virginia": "us-east-1", "ohio": "us-east-2", "n. california": "us-west-1", "oregon": "us-west-2",
    "singapore": "ap-southeast-1", "sydney": "ap-southeast-2", "tokyo": "ap-northeast-1", "seoul": "ap-northeast-2",
    "mumbai": "ap-south-1", "hong kong": "ap-east-1", "sao paulo": "sa-east-1", "são paulo": "sa-east-1",
    "canada central": "ca-central-1",
}  # fmt: skip


def advise_role(text: str) -> Advice | None:
    """What is wrong with the ARN of a role; None if nothing is."""
    arn = text.strip()
    if arn == text and _ROLE.fullmatch(arn):
        return None
    if _ROLE.fullmatch(arn):
        return Advice(message=f"{shown(text)} has blanks around it.", fix=f"Use --role-arn {arn}.")
    session = _SESSION.fullmatch(arn)
    if session:
        partition, account, name = session.groups()
        return Advice(
            message=f"{shown(arn)} is a session of a role.",
            fix=f"Use the role itself: --role-arn arn:{partition}:iam::{account}:role/{name}.",
        )
    kinds = {
        ":user/": "a user",
        ":policy/": "a policy",
        ":instance-profile/": "an instance profile",
        ":group/": "a group",
    }
    for mark, what in kinds.items():
        if mark in arn:
            return Advice(
                message=f"{shown(arn)} is {what}, and only roles can be assumed.",
                fix="Open IAM, Roles, the role, and copy its ARN, which contains `:role/`.",
            )
    if arn.startswith("arn:") and ":s3:" in arn:
        return Advice(message=f"{shown(arn)} is a bucket.", fix="It belongs to --bucket; --role-arn is that of a role.")
    if re.fullmatch(r"[\w+=,.@/-]{1,64}", arn):
        return Advice(
            message=f"{shown(arn)} is only the name of a role.",
            fix=f"Write its ARN, with the account: arn:aws:iam::ACCOUNT:role/{arn}.",
        )
    return Advice(message=f"{shown(text)} is not the ARN of a role.", fix="Write arn:aws:iam::123456789012:role/NAME.")


def advise_pasted(name: str, value: str) -> Advice | None:
    """What is wrong with a part of an access key, whatever the server; None if nothing is. It is not repeated."""
    if any(char.isspace() for char in value.strip()):
        return Advice(message=f"The {name} contains a blank or a line end.", fix=_PASTED)
    if not value.strip().isascii() or not value.strip().isprintable():
        return Advice(message=f"The {name} contains a character that no key has.", fix=_PASTED)
    if name == "access key id" and value.startswith("arn:"):
        return Advice(
            message=f"The access key id is an ARN: {shown(value)}.",
            fix="Create an access key for that user: its id begins with AKIA.",
        )
    return None


def advise_keys(access_key_id: str, secret: str, token: str | None = None, *, aws: bool = True) -> Advice | None:
    """What is probably wrong with access keys; None if nothing is. No secret is repeated."""
    parts = {"access key id": access_key_id, "secret access key": secret, "session token": token or ""}
    found = next((advice for name, text in parts.items() if (advice := advise_pasted(name, text)) is not None), None)
    if found is not None or not aws:
        return found
    if _KEY_ID.fullmatch(secret) and not _KEY_ID.fullmatch(access_key_id):
        return Advice(message="The access key id and the secret access key are swapped.", fix="Exchange the two.")
    if not _KEY_ID.fullmatch(access_key_id):
        return Advice(
            message="The access key id is none of AWS: those begin with AKIA or ASIA.",
            fix="Use a connection of kind s3 with --endpoint for another server.",
        )
    if access_key_id.startswith("ASIA") and not token:
        return Advice(
            message="The access key is a temporary one, which is valid only with its session token.",
            fix="Add --session-token, or use a role.",
        )
    if len(secret) != _SECRET_LENGTH:
        return Advice(
            message=f"The secret access key has {len(secret)} characters, and those of AWS have {_SECRET_LENGTH}.",
            fix=_PASTED,
        )
    return None


def advise_region(text: str) -> Advice | None:
    """What is wrong with the name of a region of AWS; None if nothing is."""
    plain = text.strip()
    if _REGION.fullmatch(text):
        return None
    zone = _ZONE.fullmatch(plain)
    if zone:
        return options(Advice(message=f"{shown(text)} is an availability zone.", fix="", region=zone[1]))
    lower = plain.lower().replace("_", "-")
    named = next((region for name, region in _NAMES.items() if name in lower), None)
    inside = re.search(r"[a-z]{2}(?:-[a-z]+)+-[0-9]", lower)
    region = named or (inside[0] if inside else None)
    return options(
        Advice(
            message=f"{shown(text)} is not the code of a region.", fix="Use a code such as eu-west-1.", region=region
        )
    )


def advise_endpoint(text: str, bucket: str | None) -> Advice | None:
    """What is wrong with the address of a server; None if nothing is."""
    plain = text.strip()
    if "://" not in plain:
        return options(Advice(message=f"{shown(text)} has no scheme.", fix="", endpoint=f"https://{plain.strip('/')}"))
    try:
        parts = urlsplit(plain)
        host = parts.hostname or ""
    except ValueError:
        return Advice(message=f"{shown(text)} is not an address.", fix="Write https://host or http://host:port.")
    if parts.scheme not in ("http", "https"):
        return Advice(
            message=f"The endpoint {shown(text)} is no http address.", fix="Write https://host or http://host:port."
        )
    web = recognise(plain)
    if web is not None and web.bucket and web.scheme == "s3":
        advice = Advice(
            message=f"The endpoint {shown(text)} contains a bucket.",
            fix="Leave --endpoint out for AWS.",
            bucket=web.bucket,
            region=web.region,
        )
        return options(advice)
    if bucket and host.startswith(f"{bucket}."):
        port = f":{parts.port}" if parts.port else ""
        server = f"{parts.scheme}://{host.removeprefix(f'{bucket}.')}{port}"
        return options(Advice(message=f"The endpoint {shown(text)} contains the bucket.", fix="", endpoint=server))
    if bucket and parts.path.strip("/").partition("/")[0] == bucket:
        server = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        return options(Advice(message=f"The endpoint {shown(text)} contains the bucket.", fix="", endpoint=server))
    return None
