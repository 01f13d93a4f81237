"""The tables of each cloud in the order in which they are searched. Pure."""

from __future__ import annotations

from mirrorlake.connections.checks import aws_causes, azure_causes, gcs_causes, network_causes
from mirrorlake.connections.checks.diagnosis import Diagnosis, Row, first_of
from mirrorlake.connections.checks.symptom import Symptom

_TABLES: dict[str, tuple[Row, ...]] = {
    "s3": network_causes.ROWS + aws_causes.ROWS,
    "gs": network_causes.ROWS + gcs_causes.ROWS,
    "az": network_causes.ROWS + azure_causes.ROWS,
}


def diagnose(symptom: Symptom) -> Diagnosis | None:
    """The likely cause of a failed check, and its fix. None if no row fits: then the error itself explains."""
    return first_of(_TABLES.get(symptom.subject.scheme, network_causes.ROWS), symptom)
