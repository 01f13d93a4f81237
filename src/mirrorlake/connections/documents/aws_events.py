"""Events of a bucket of AWS: the policy of the queue, and the notification that fills it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_plus

from mirrorlake.connections.documents.arns import account_of, partition_of
from mirrorlake.connections.documents.aws import VERSION
from mirrorlake.connections.documents.inputs import Scope
from mirrorlake.model.connection_documents import Document

EVENTS = ("s3:ObjectCreated:*", "s3:ObjectRemoved:*")
NAME = "mirrorlake"


def queue_policy(scope: Scope, queue_arn: str, account: str | None) -> Document:
    """The policy of the queue: only this bucket may send, and with `account` only as long as that account owns it."""
    condition: dict[str, Any] = {
        "ArnLike": {"aws:SourceArn": f"arn:{partition_of(None, queue_arn)}:s3:::{scope.bucket}"}
    }
    owner = account or account_of(queue_arn)
    if owner is not None:
        condition["StringEquals"] = {"aws:SourceAccount": owner}
    return {
        "Version": VERSION,
        "Statement": [
            {
                "Sid": "BucketEvents",
                "Effect": "Allow",
                "Principal": {"Service": "s3.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue_arn,
                "Condition": condition,
            }
        ],
    }


def notification(scope: Scope, queue_arn: str) -> Document:
    """The notification configuration of the bucket, for objects below the prefix."""
    entry: dict[str, Any] = {"Id": NAME, "QueueArn": queue_arn, "Events": list(EVENTS)}
    if scope.prefix:
        entry["Filter"] = {"Key": {"FilterRules": [{"Name": "prefix", "Value": encoded_prefix(scope.prefix)}]}}
    return {"QueueConfigurations": [entry]}


def encoded_prefix(prefix: str) -> str:
    """A prefix as filters of notifications expect it: a space is `+`, other special characters are percent-encoded.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
    """
    return quote_plus(prefix, safe="/-_.~")
