"""A pass in the wrong region: attempted once more where the cloud names the right one, which is then kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.buckets import picture
from tests.support.s3stub import ACCESS_KEY, SECRET_KEY, S3Stub

from mirrorlake.catalog import datasources
from mirrorlake.core.errors import ServerAnswer, WrongRegion
from mirrorlake.mirror import regions
from mirrorlake.mirror.cancellation import never_cancelled
from mirrorlake.mirror.counters import Counters
from mirrorlake.mirror.finalize import RunResult
from mirrorlake.mirror.location_preview import PreviewContext, preview_location
from mirrorlake.mirror.regions import in_right_region
from mirrorlake.mirror.run import store_config
from mirrorlake.model.credentials import AwsKeys
from mirrorlake.model.outcomes import Counts
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

    result = in_right_region(empty_catalog, source, store_config(source), Counters(), attempt)
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
        in_right_region(empty_catalog, source, store_config(source), Counters(), attempt)
    assert len(attempts) == (2 if named else 1)
    assert datasources.by_id(empty_catalog, source.id).access.options().region == "us-east-1"


@pytest.mark.parametrize("reason", ["objects are known", "something was executed"])
def test_a_bucket_that_was_made_again_elsewhere_is_for_the_user_to_decide(
    empty_catalog: Catalog, source: Datasource, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    """It may be that of somebody else, with other objects; and nothing is counted twice."""
    attempts: list[StoreFactory] = []
    counters = Counters()
    if reason == "objects are known":
        monkeypatch.setattr(regions, "knows_any", lambda _catalog, datasource_id: datasource_id == source.id)

    def attempt(factory: StoreFactory) -> RunResult:
        attempts.append(factory)
        if reason == "something was executed":
            counters.add(Counts(failed=1))
        raise elsewhere("eu-west-3")

    with pytest.raises(WrongRegion):
        in_right_region(empty_catalog, source, store_config(source), counters, attempt)
    assert len(attempts) == 1
    assert datasources.by_id(empty_catalog, source.id).access.options().region == "us-east-1"


def test_a_location_is_previewed_in_the_region_that_the_cloud_names(
    empty_catalog: Catalog, source: Datasource, tmp_path: Path
) -> None:
    """On the stub: no package has a server that redirects to a region."""
    with S3Stub(region="eu-west-3") as stub:
        stub.put("lake", "a.png", picture())
        access = S3Access(endpoint=stub.endpoint, region="us-east-1")
        factory = StoreConfig(
            location=source.location,
            access=access,
            credentials=AwsKeys(access_key_id=ACCESS_KEY, secret_access_key=SECRET_KEY),
        )
        context = PreviewContext(
            catalog=empty_catalog, workdir=tmp_path, processes=1, check=never_cancelled, report=lambda _: None
        )
        summary = preview_location(source, context, factory)
    assert (summary.listed, summary.complete, summary.error) == (1, True, None)
