"""Causes that no cloud is involved in: names, ports, certificates, clocks and forbidden addresses."""

from __future__ import annotations

from collections.abc import Callable

from mirrorlake.connections.checks.diagnosis import Row, code
from mirrorlake.connections.checks.symptom import Ability, Symptom

_SERVER_ERROR = 500
_TOO_MANY = 429


def _unreachable(*words: str) -> Callable[[Symptom], bool]:
    return lambda symptom: symptom.error == "SourceUnreachable" and symptom.status is None and symptom.mentions(*words)


def _overloaded(symptom: Symptom) -> bool:
    return symptom.status is not None and (symptom.status >= _SERVER_ERROR or symptom.status == _TOO_MANY)


ROWS = (
    Row(
        name="forbidden address",
        applies=lambda symptom: symptom.error == "ForbiddenAddress",
        cause="The endpoint is an address that mirrorlake must not contact, such as a metadata service.",
        fix="Use the address of the storage server as the endpoint of the connection.",
    ),
    Row(
        name="unknown host",
        applies=_unreachable("name or service", "nodename", "name resolution", "no address associated", "getaddrinfo"),
        cause="The host name of the endpoint does not exist, or this machine's DNS cannot resolve it.",
        fix="Check the endpoint for a typing error, and the region in it. Endpoint: {c.shown_endpoint}",
    ),
    Row(
        name="refused connection",
        applies=_unreachable("refused"),
        cause="Nothing listens at that host and port.",
        fix="Start the server, or correct the port of the endpoint. Endpoint: {c.shown_endpoint}",
    ),
    Row(
        name="certificate",
        applies=_unreachable("certificate"),
        cause="The server's certificate is not signed by an authority that this machine trusts.",
        fix="mirrorlake connection change {c.shell_name} --ca-bundle /path/of/authority.pem",
    ),
    Row(
        name="wrong scheme",
        applies=_unreachable("does not answer in http", "wrong version", "wrong_version", "record layer", "tls"),
        cause="The endpoint's scheme does not fit the server: https:// for a server without TLS, or the reverse.",
        fix="Change https:// to http://, or the reverse, or correct the port. Endpoint: {c.shown_endpoint}",
    ),
    Row(
        name="proxy",
        applies=_unreachable("proxy"),
        cause="The proxy does not permit or cannot reach the server.",
        fix="Check the connection's proxy, or HTTPS_PROXY and NO_PROXY of this machine.",
    ),
    Row(
        name="time-out",
        applies=_unreachable("timed out", "time-out", "timeout", "within", "no route", "unreachable"),
        cause="No response: a firewall, a security group or a missing VPC endpoint drops the packets.",
        fix="Permit connections from this machine to the endpoint, port 443. Endpoint: {c.shown_endpoint}",
    ),
    Row(
        name="overloaded",
        applies=_overloaded,
        cause="The server is overloaded or has an internal error.",
        fix="Check again in a few minutes, and then the status page of the service.",
    ),
    Row(
        name="clock",
        applies=code("RequestTimeTooSkewed", "RequestExpired"),
        cause="This machine's clock differs by more than five minutes from the server's.",
        fix="sudo timedatectl set-ntp true",
    ),
    Row(
        name="no CORS",
        applies=lambda symptom: symptom.ability is Ability.PRESIGNED and symptom.code == "NoCors",
        cause="The bucket has no CORS rule for {c.origin}, so browsers may not read originals.",
        fix="Apply the CORS rules of: mirrorlake connection documents {c.shell_name}",
    ),
    Row(
        name="ignored range",
        applies=lambda symptom: symptom.ability is Ability.RANGE and symptom.code == "RangeIgnored",
        cause="The server or a proxy in front of it ignores Range headers.",
        fix="Permit Range requests in the proxy; without them, videos are read as a whole.",
    ),
    Row(
        name="refused signature in addresses",
        applies=lambda symptom: (
            symptom.ability in (Ability.PRESIGNED, Ability.RANGE) and Ability.GET in symptom.worked
            and symptom.status in (400, 401, 403)
        ),
        cause="Signed headers are accepted, but signed addresses are not: a policy limits how or from which network "
        "requests may come, such as s3:authType, s3:signatureAge or aws:SourceVpce.",
        fix="Permit signed addresses in that policy: browsers use them to show originals.",
    ),
)  # fmt: skip
