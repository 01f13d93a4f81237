"""A pass in the wrong region: attempted once more where the cloud names the right one, which is then kept."""

from __future__ import annotations

import pytest

from mirrorlake.catalog import datasources
from mirrorlake.core.errors import ServerAnswer, WrongRegion
from mirrorlake.mirror.finalize import RunResult
from mirrorlake.mirror.run import in_right_region, store_config
from mirrorlake.model.sources import Datasource, Location, MirrorSettings, Provider
from mirrorlake.postgres.pool import Catalog
from mirrorlake.processing.store_factory import StoreConfig, StoreFactory
from mirrorlake.storage.providers.s3.access import S3Access


@pytest.fixture
def source(empty_catalog: Catalog) -> Datasource:
    return datasources.create(
        empty_catalog,
        name="pictures",
        location=Location(provider=Provider.S3, container="lake"),
        access=S3Access(endpoint="http://127.0.0.1:1", region="us-east-1", anonymous=True),
        settings=MirrorSettings(),
    )


def elsewhere(region: str) -> WrongRegion:
    error = WrongRegion("The bucket lake is not in us-east-1.")
    error.answer = ServerAnswer(status=301, code="PermanentRedirect", words="", region=region)
    return error


def region_of(factory: StoreFactory) -> str | None:
    assert isinstance(factory, StoreConfig)
    return factory.access.options().region


def test_the_named_region_is_attempted_and_kept(empty_catalog: Catalog, source: Datasource) -> None:
    attempted: list[str | None] = []

    def attempt(factory: StoreFactory) -> RunResult:
        attempted.append(region_of(factory))
        if attempted == ["us-east-1"]:
            raise elsewhere("eu-west-3")
        return RunResult(notes=("first",))

    result = in_right_region(empty_catalog, source, store_config(source), attempt)
    assert attempted == ["us-east-1", "eu-west-3"]
    assert result.notes[0] == "first"
    assert "was corrected" in result.notes[1]
    assert datasources.by_id(empty_catalog, source.id).access.options().region == "eu-west-3"


@pytest.mark.parametrize("named", ["", "ap-south-1"], ids=["none named", "never the right one"])
def test_a_region_that_is_not_named_or_wrong_again_fails_and_changes_nothing(
    empty_catalog: Catalog, source: Datasource, named: str
) -> None:
    attempts: list[StoreFactory] = []

    def attempt(factory: StoreFactory) -> RunResult:
        attempts.append(factory)
        raise elsewhere(named)

    with pytest.raises(WrongRegion):
        in_right_region(empty_catalog, source, store_config(source), attempt)
    assert len(attempts) == (2 if named else 1)
    assert datasources.by_id(empty_catalog, source.id).access.options().region == "us-east-1"
