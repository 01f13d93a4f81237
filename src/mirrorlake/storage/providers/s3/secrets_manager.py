"""A secret of AWS Secrets Manager, read with the machine's own credentials, by botocore.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
"""

from __future__ import annotations

from typing import Any

import botocore.session
from botocore.exceptions import BotoCoreError, ClientError

from mirrorlake.core.errors import AccessDenied, SettingsError
from mirrorlake.storage.providers.s3.aws_failures import describe, raise_if_temporary


def read_secret(name: str) -> str:
    """The secret with this name or ARN. Raises AccessDenied and SettingsError.

    Raises SourceUnreachable for what may be temporary.
    """
    what = f"The secret {name} of AWS Secrets Manager cannot be read"
    try:
        client: Any = botocore.session.Session().create_client("secretsmanager")
        secret = client.get_secret_value(SecretId=name).get("SecretString")
    except ClientError as error:
        raise_if_temporary(error, what)
        raise AccessDenied(
            f"{what}: {describe(error)}.", "Check its name, and allow secretsmanager:GetSecretValue on it."
        ) from None
    except BotoCoreError as error:
        raise_if_temporary(error, what)
        raise SettingsError(f"{what}: {describe(error)}.", "Check the AWS configuration of this machine.") from None
    if not isinstance(secret, str):
        raise SettingsError(f"{what}: it is not a text.", "Store it as a string.")
    return secret
