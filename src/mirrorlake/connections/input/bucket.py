"""The fields for a bucket and its prefix."""

from __future__ import annotations

import ipaddress
import re

from mirrorlake.connections.documents.arns import account_of
from mirrorlake.connections.input.advice import Advice, options, shown
from mirrorlake.connections.input.web_addresses import WebAddress, folder_of, recognise
from mirrorlake.model.connections import ConnectionKind

_SCHEMES = {"s3": "s3", "s3a": "s3", "s3n": "s3", "gs": "gs", "gcs": "gs", "az": "az", "azure": "az", "file": "file"}
_KINDS = {"s3": "aws-… or s3", "gs": "gcs-…", "az": "azure-…", "file": "local"}
_AWS_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_GCS_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
_AZURE_NAME = re.compile(r"\$root|\$web|\$logs|[a-z0-9](?:-?[a-z0-9]){2,62}")
_AWS_RULE = "Bucket names of AWS have 3 to 63 lower-case letters, digits, dots and hyphens. Copy it from the console."
_GCS_RULE = "Bucket names have 3 to 222 lower-case letters, digits, dots, hyphens and underscores."
_AZURE_RULE = "Container names have 3 to 63 lower-case letters, digits and single hyphens."


def advise_bucket(text: str, kind: ConnectionKind) -> Advice | None:
    """What is wrong with the name of a bucket or container; None if nothing is."""
    scheme = scheme_of(kind)
    if scheme == "file":
        return None
    plain = text.strip().strip("\"'")
    if not plain:
        return Advice(message="The name of the bucket is empty.", fix="Write the name alone, such as --bucket photos.")
    if plain.startswith("arn:"):
        return _advise_arn(plain)
    if "://" in plain:
        return _advise_address(plain, scheme)
    if plain != text:
        return options(Advice(message=f"{shown(text)} has blanks or quotes around it.", fix="", bucket=plain))
    if "/" in plain:
        bucket, _, key = plain.strip("/").partition("/")
        prefix = key and key.rstrip("/") + "/"
        what = "contains a folder" if key else "has a slash"
        return options(
            Advice(
                message=f"The bucket {shown(text)} {what}.", fix="Write its name alone.", bucket=bucket, prefix=prefix
            )
        )
    hosted = recognise(f"https://{plain}")
    if hosted is not None and hosted.bucket and "." in plain:
        return _advise_web(f"https://{plain}", hosted, scheme)
    return _advise_name(plain, kind)


def advise_prefix(text: str) -> Advice | None:
    """What is wrong with a prefix; None if nothing is. Keys are opaque, so that only obvious mistakes are refused."""
    if "://" in text or text.startswith("arn:"):
        return Advice(
            message=f"The prefix {shown(text)} is a whole address.",
            fix="Write only the folder, such as --prefix site-a/.",
        )
    if text.endswith("*"):
        return options(
            Advice(
                message=f"The prefix {shown(text)} ends in a wildcard.",
                fix="A prefix is literal and covers everything below it.",
                prefix=folder_of(text.rstrip("*")),
            )
        )
    return None


def scheme_of(kind: ConnectionKind) -> str:
    """The scheme of the addresses of a kind: s3, gs, az or file."""
    return {"gcs": "gs", "azure": "az", "local": "file"}.get(kind.value.partition("-")[0], "s3")


def _advise_arn(arn: str) -> Advice:
    service, _, rest = arn.removeprefix("arn:").partition(":")[2].partition(":")
    resource = rest.partition(":")[2].partition(":")[2]
    account = account_of(arn)
    if service == "s3" and "accesspoint" in resource:
        return Advice(
            message=f"{shown(arn)} is an access point.",
            fix="Use its alias, which ends in -s3alias, as the bucket; or the bucket's own name.",
        )
    if service == "s3" and resource:
        bucket, _, key = resource.partition("/")
        return options(
            Advice(
                message=f"{shown(arn)} is the ARN of a bucket.",
                fix="Write its name alone.",
                bucket=bucket,
                prefix=folder_of(key.rstrip("*")),
            )
        )
    if service == "iam" and resource.startswith("role/"):
        return Advice(message=f"{shown(arn)} is a role.", fix=f"Use --role-arn {arn}, and the bucket's name here.")
    if service == "iam" and resource.startswith("user/"):
        return Advice(
            message=f"{shown(arn)} is a user of the account {account}.",
            fix="Write the bucket's name; store the user's access key with --access-key-id and --secret-access-key.",
        )
    return Advice(message=f"{shown(arn)} is no bucket.", fix="Write the bucket's name alone, such as --bucket photos.")


def _advise_address(text: str, scheme: str) -> Advice:
    given, _, rest = text.partition("://")
    web = recognise(text)
    if web is not None:
        return _advise_web(text, web, scheme)
    other = _SCHEMES.get(given.lower())
    if other is None:
        return Advice(
            message=f"{shown(text)} is no address of a bucket that mirrorlake knows.",
            fix="Write the bucket's name alone; the address of a server belongs to --endpoint.",
        )
    bucket, _, key = rest.partition("/")
    if other != scheme:
        return Advice(
            message=f"{shown(text)} is an address of another service than this kind of connection serves.",
            fix=f"Create a connection of kind {_KINDS[other]} for it.",
        )
    prefix = key and (key if key.endswith("/") else f"{key}/")
    return options(
        Advice(
            message=f"{shown(text)} is an address.", fix="Write the bucket's name alone.", bucket=bucket, prefix=prefix
        )
    )


def _advise_web(text: str, web: WebAddress, scheme: str) -> Advice:
    if web.scheme != scheme:
        return Advice(
            message=f"{shown(text)} is {web.what}, which this kind of connection does not serve.",
            fix=f"Create a connection of kind {_KINDS[web.scheme]} for it.",
        )
    fix = "The signature belongs to --sas-token." if "signature" in web.what else ""
    if web.bucket is None:
        fix = "Open the bucket there and copy its name."
    return options(
        Advice(
            message=f"{shown(text)} is {web.what}.",
            fix=fix,
            bucket=web.bucket,
            prefix=web.prefix,
            region=web.region,
            account=web.account,
        )
    )


def _advise_name(name: str, kind: ConnectionKind) -> Advice | None:
    scheme = scheme_of(kind)
    if scheme == "az":
        return None if _AZURE_NAME.fullmatch(name) else _bad_name(name, name.lower().replace("_", "-"), _AZURE_RULE)
    if scheme == "gs":
        return None if _GCS_NAME.fullmatch(name) else _bad_name(name, name.lower(), _GCS_RULE)
    if kind is ConnectionKind.S3:  # other servers, and old buckets, have names that AWS no longer permits
        return None if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{2,254}", name) else _bad_name(name, name, _AWS_RULE)
    if _AWS_NAME.fullmatch(name) and ".." not in name and not _is_address(name):
        return None
    return _bad_name(name, name.lower().replace("_", "-"), _AWS_RULE)


def _bad_name(name: str, guess: str, rule: str) -> Advice:
    """The first thing that is wrong with a name, and the name that was perhaps meant."""
    reasons = {
        "contains a blank": any(char.isspace() for char in name),
        "contains an underscore": "_" in name and "underscores" not in rule,
        "contains an upper-case letter": name != name.lower(),
        "is an IP address": _is_address(name),
        "has two dots in a row": ".." in name,
        "is too short": len(name) < 3,  # noqa: PLR2004  of every cloud
        "begins or ends with a dot, hyphen or underscore": name[:1] in ".-_" or name[-1:] in ".-_",
        "is too long": name.isascii() and len(name) > 63,  # noqa: PLR2004  of AWS and Azure
    }
    why = next((reason for reason, holds in reasons.items() if holds), "contains a character that no name has")
    hint = f" Perhaps it is {guess}." if guess != name and " " not in guess else ""
    return Advice(message=f"The bucket name {shown(name)} {why}.", fix=rule + hint)


def _is_address(name: str) -> bool:
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return False
    return True
