"""Label files in a bucket that is mirrored are read from the server of its datasource, without naming it again."""

from __future__ import annotations

from tests.support.buckets import picture
from tests.support.cli import Cli
from tests.support.s3stub import ACCESS_KEY, SECRET_KEY, S3Stub


def test_labels_beside_mirrored_images_are_imported_from_the_same_server(cli: Cli) -> None:
    with S3Stub() as here, S3Stub() as elsewhere:
        for stub in (here, elsewhere):
            stub.create_bucket("lake")
        here.put("lake", "set/images/a.png", picture((1, 2, 3)))
        here.put("lake", "set/labels/a.txt", b"0 0.5 0.5 0.2 0.2\n")
        here.put("lake", "set/data.yaml", b"names: [crate]\n")
        keys = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
        user = cli.with_environ(AWS_ENDPOINT_URL_S3=elsewhere.endpoint, **keys)
        user.mirror("s3://lake/set", "--endpoint", here.endpoint, "--jobs", "1")
        words = ["--format", "yolo", "--ontology", "boxes", "--add-classes", "--json"]

        imported = user.run("labels", "import", "s3://lake/set/", *words)
        assert (imported.code, imported.json["annotations"], imported.json["matched"]) == (0, 1, 1), imported.err
        assert len(user.search("class:crate")) == 1

        outside = user.run("labels", "import", "s3://lake/other/", *words)  # in no datasource: the machine's own server
        assert (outside.code, "no labels" in outside.err) == (2, True), outside.err

        elsewhere.put("lake", "b.png", picture((4, 5, 6)))
        user.mirror("s3://lake/", "--endpoint", elsewhere.endpoint, "--jobs", "1")
        unclear = user.run("labels", "import", "s3://lake/set/", *words)
        assert (unclear.code, "several servers" in unclear.err, "--connection" in unclear.err) == (2, True, True)
