"""ARNs of AWS: partitions, and texts in policies where `*`, `?` and `$` must not act as wildcards."""

from __future__ import annotations

import re

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html; the longest prefix of a region comes first.
_PARTITIONS = (
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
    ("us-iso-", "aws-iso"),
    ("eu-isoe-", "aws-iso-e"),
    ("eusc-", "aws-eusc"),
    ("us-gov-", "aws-us-gov"),
    ("cn-", "aws-cn"),
)
_ARN = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):(?P<service>[a-z0-9-]+):(?P<region>[a-z0-9-]*):(?P<account>[0-9]{12})?:(?P<rest>.+)"
)
_LITERALS = str.maketrans({"*": "${*}", "?": "${?}", "$": "${$}"})


def partition_of(region: str | None, arn: str | None = None) -> str:
    """The partition of an ARN, else that of a region; `aws` without both."""
    found = _ARN.fullmatch(arn or "")
    if found:
        return found["partition"]
    return next((name for prefix, name in _PARTITIONS if (region or "").startswith(prefix)), "aws")


def account_of(arn: str | None) -> str | None:
    """The account in an ARN; None if it has none."""
    found = _ARN.fullmatch(arn or "")
    return found["account"] if found else None


def literal(text: str) -> str:
    """`text` in a resource or a condition with wildcards, so that it means only itself.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars
    """
    return text.translate(_LITERALS)


def principal_of(caller: str) -> str:
    """The principal for a trust policy, of the ARN that STS reports for a caller.

    The session of a role is no lasting principal, so its role is used; a federated user has only its account.
    """
    found = _ARN.fullmatch(caller)
    if found is None or found["service"] != "sts" or found["account"] is None:
        return caller
    kind, _, name = found["rest"].partition("/")
    own = f"arn:{found['partition']}:iam::{found['account']}"
    return f"{own}:role/{name.partition('/')[0]}" if kind == "assumed-role" else f"{own}:root"
