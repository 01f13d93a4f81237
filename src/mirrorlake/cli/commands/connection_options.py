"""The options of `mirrorlake connection`: one for each setting and each secret, and how secrets are read."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

import typer

from mirrorlake.cli.output import echo
from mirrorlake.connections.names import SECRET_NAMES, SETTING_NAMES, is_reference
from mirrorlake.core.errors import UsageError
from mirrorlake.select.json_reader import Json

INPUT: Final = "-"  # stands for standard input
INPUT_LIMIT: Final = 1 << 20  # characters


# One option for each setting and each secret, by its name.
OPTIONS: Final[Mapping[str, Any]] = {
    "region": Annotated[str | None, typer.Option(help="Region of the buckets.")],
    "endpoint": Annotated[str | None, typer.Option(help="URL of the server. Default: the cloud's own.")],
    "preset": Annotated[
        str | None, typer.Option(help="Known service, such as wasabi, r2 or minio; implies its endpoint.")
    ],
    "bucket": Annotated[
        str | None, typer.Option(help="Default bucket, for checks and documents; of local: the folder.")
    ],
    "prefix": Annotated[str | None, typer.Option(help="Default prefix, for checks and documents.")],
    "path_style": Annotated[
        bool | None, typer.Option("--path-style/--host-style", help="Name buckets in the path or in the host name.")
    ],
    "requester_pays": Annotated[
        bool | None, typer.Option("--requester-pays/--owner-pays", help="Agree to pay for requests to the bucket.")
    ],
    "role_arn": Annotated[str | None, typer.Option(help="ARN of the role to assume.")],
    "session_name": Annotated[str | None, typer.Option(help="Name of the role's sessions.", show_default="mirrorlake")],
    "sts_endpoint": Annotated[str | None, typer.Option(help="URL of the STS server. Default: that of the region.")],
    "token_file": Annotated[
        str | None,
        typer.Option(help="File with the token of a web identity.", show_default="that of AWS_WEB_IDENTITY_TOKEN_FILE"),
    ],
    "profile": Annotated[str | None, typer.Option(help="AWS profile of the library's machine.")],
    "account": Annotated[str | None, typer.Option(help="Account of Azure or Cloudflare.")],
    "tenant_id": Annotated[str | None, typer.Option(help="Tenant of Microsoft Entra ID.")],
    "client_id": Annotated[str | None, typer.Option(help="Application or managed identity of Azure.")],
    "project": Annotated[str | None, typer.Option(help="Project of Google Cloud.")],
    "ca_bundle": Annotated[str | None, typer.Option(help="PEM file of additional certificate authorities.")],
    "proxy": Annotated[str | None, typer.Option(help="URL of an HTTP proxy for this connection.")],
    "proxy_login": Annotated[
        str | None, typer.Option(help="USER:PASSWORD of the proxy; - reads it from standard input.")
    ],
    "allow_writes": Annotated[
        bool | None, typer.Option("--allow-writes/--read-only", help="Include writing in documents and checks.")
    ],
    "access_key_id": Annotated[str | None, typer.Option(help="Access key id.")],
    "secret_access_key": Annotated[str | None, typer.Option(help="Secret access key; - reads it from standard input.")],
    "session_token": Annotated[str | None, typer.Option(help="Session token of temporary keys.")],
    "credentials_json": Annotated[
        str | None, typer.Option(help="Text of a credential file of Google Cloud; - reads it from standard input.")
    ],
    "account_key": Annotated[str | None, typer.Option(help="Key of a storage account of Azure.")],
    "sas_token": Annotated[str | None, typer.Option(help="Shared access signature of Azure.")],
    "connection_string": Annotated[str | None, typer.Option(help="Connection string of Azure.")],
    "client_secret": Annotated[str | None, typer.Option(help="Secret of an application of Azure.")],
}
_SHOWN: Final = frozenset({"access_key_id"})  # identifies a key, and grants nothing


def takes_options(command: Callable[..., None]) -> Callable[..., None]:
    """The command with all options in place of its parameters `settings` and `secrets`, which get those given."""

    def run(**values: Any) -> None:
        given = {name: values.pop(name) for name in OPTIONS}
        settings, secrets = read_options(given)
        command(**values, settings=settings, secrets=secrets)

    own = inspect.signature(command, eval_str=True)
    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for name, kind in OPTIONS.items()
    ]
    parameters: list[inspect.Parameter] = []
    for one in own.parameters.values():
        parameters += options if one.name == "settings" else [] if one.name == "secrets" else [one]
    run.__doc__ = command.__doc__
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    run.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]
    return run


def read_options(values: Mapping[str, Any]) -> tuple[dict[str, Json], dict[str, str]]:
    """The settings and secrets among the values of options. Secrets given as `-` are read from standard input.

    Warns of a secret on the command line. Raises UsageError if several are `-`.
    """
    settings: dict[str, Json] = {name: values[name] for name in SETTING_NAMES if values.get(name) is not None}
    secrets: dict[str, str] = {name: values[name] for name in SECRET_NAMES if values.get(name) is not None}
    read = [name for name, value in secrets.items() if value == INPUT]
    if len(read) > 1:
        raise UsageError(
            f"Standard input cannot be both {_option(read[0])} and {_option(read[1])}.",
            "Read one of them from there, and give the other as a reference, such as env:NAME.",
        )
    for name, value in secrets.items():
        if value == INPUT:
            secrets[name] = sys.stdin.read(INPUT_LIMIT).strip()
        elif name not in _SHOWN and not is_reference(value):
            _warn(name, name)
    if "@" in str(settings.get("proxy", "")):
        _warn("proxy", "proxy_login")
    return settings, secrets


def _warn(name: str, instead: str) -> None:
    echo(
        f"warning: {_option(name)} on the command line is visible to other users of this machine, and stays in "
        f"the shell's history. Read it from standard input: {_option(instead)} -"
    )


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
