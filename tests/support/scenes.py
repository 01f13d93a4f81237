"""The pages and dialogs that are worth a look, each with its address and the steps that lead to it.

A library of `dressed` has something on every page: ontologies with annotations, a connection that does not work,
snapshots that differ, webhooks, functions, members and long names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from time import sleep

from playwright.sync_api import APIRequestContext
from tests.support.made_library import make_name
from tests.support.members import sign_in_as
from tests.support.scene_steps import (
    BEYOND_ME,
    FAILS,
    LONG,
    REFUSES,
    Step,
    answers,
    apply,
    as_page,
    choose,
    choose_labels,
    draw,
    end_session,
    ends_as,
    export,
    failed_calls,
    fill,
    in_bar,
    jobs_of_every_state,
    offline,
    open_fold,
    open_panel,
    press,
    scroll_to,
    see,
    select_all,
    select_some,
    suggested,
    tick,
    tick_card,
    toasted,
    type_the_number,
)

PROJECT = "Ripeness 2026"
IN_PROJECT = "/projects/Ripeness%202026"
CONFIGS = "via=folder&place=/tmp&only=site-a/**&more=%5B%7B%22only%22%3A%22site-b%2F**%22%7D%5D"
IN_SNAPSHOT = f"{IN_PROJECT}/snapshots/1"
CLASSES = [
    {"name": "apple", "shape": "box", "colour": "#d9480f", "attributes": {"ripe": "boolean"}},
    {"name": "leaf", "shape": "polygon", "colour": "#2f9e44"},
    {"name": "unripe apple on the ground", "shape": "box", "colour": "#1971c2", "external_ids": {"COCO": "53"}},
]
DRAWN = [
    {"class_name": "apple", "shape": "box", "geometry": {"x": 0.2, "y": 0.3, "width": 0.2, "height": 0.25}},
    {"class_name": "leaf", "shape": "polygon", "geometry": {"rings": [[[0.6, 0.5], [0.9, 0.55], [0.7, 0.8]]]}},
]
MADE: tuple[tuple[str, str, object], ...] = (
    ("put", "/ontologies/fruit", {"classes": CLASSES}),
    ("put", "/ontologies/nothing%20in%20it", {"classes": []}),
    ("put", "/assets/1003/annotations", {"ontology": "fruit", "annotations": DRAWN}),
    ("post", "/connections", {
        "name": LONG, "kind": "s3", "settings": {"endpoint": "https://store.invalid", "bucket": "archive"},
        "secrets": {"access_key_id": "a-key", "secret_access_key": "a-secret"},
    }),
    ("post", "/connections", {"name": "studio", "kind": "aws-role", "settings": {"bucket": "studio-archive"}}),
    ("post", "/saved-searches", {"name": "ripe ones", "query": "tag:ripe"}),
    ("post", "/saved-searches", {"name": LONG, "query": "metadata.score:0.9.. metadata.place:Harbour sort:name"}),
    ("post", "/snapshots", {"project": PROJECT, "note": "before the harvest"}),
    ("post", f"{IN_PROJECT}/split", {
        "settings": {"train": 70, "valid": 20, "test": 10, "by": "asset", "seed": 0},
    }),
    ("post", "/snapshots", {"project": PROJECT, "note": "divided into splits, as the first training run used it"}),
    ("post", "/projects", {"name": f"{LONG}-project"}),
    ("post", "/webhooks", {"url": f"https://hooks.invalid/{LONG}/{LONG}", "events": ["run.finished"]}),
    ("post", "/functions", {"name": "describe", "url": "https://hooks.invalid/f", "query": "tag:nobody-has-this"}),
    ("post", "/members", {"name": "bela", "role": "viewer"}),
    ("post", "/members", {"name": f"anna-of-{LONG}", "role": "editor"}),
    ("post", "/api-keys", {"name": "nightly", "role": "viewer"}),
)  # fmt: skip
REASON = "The source does not have its object any more."
GONE = [f"2026/05/{LONG}/{make_name(number)}: {REASON}" for number in range(12)]
BYTES_LEFT_OUT = {
    "assets": 228,
    "size": 734_003_200,
    "missing": 22,
    "left_out": GONE,
    "left_out_count": 340,
    "files": [{"name": f"shard-{number:06d}.tar", "size": 367_001_600} for number in range(2)],
}
LABELS_LEFT_OUT = {
    "images": 38,
    "annotations": 112,
    "left_out": 3,
    "converted": 7,
    "not_copied": GONE[:2],
    "not_copied_count": 2,
    "files": [{"name": "labels.json", "size": 48_200}, {"name": "pictures.zip", "size": 73_400_320}],
}
WORKED_ON = {
    "datasource": "orchard",
    "days": 30,
    "acknowledge": 120,
    "worked_on": 7,
    "annotated": 4,
    "edited": 0,
    "tagged": 5,
}
JOBS = ("/snapshots", f"{IN_PROJECT}/split")  # whose end the next one waits for
# A connection that does not work.
RED_CONNECTION = """
INSERT INTO connection (name, kind, settings, external_id, trusted, paused, health) VALUES
('harbour-store', 's3', '{"endpoint": "https://store.invalid", "bucket": "harbour"}', 'x', false,
 'The bucket refuses to be listed.',
 ('{"ok": false, "checked": "' || to_char(now() AT TIME ZONE 'UTC' - interval '2 hours', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
 || '", "checks": [
   {"check": "authenticate", "ok": true, "message": "The keys are accepted."},
   {"check": "list", "ok": false, "message": "The bucket refuses to be listed.", "key": "2026/",
    "error": "403 AccessDenied: Access Denied", "fix": "Grant s3:ListBucket on arn:aws:s3:::harbour."},
   {"check": "get", "ok": null, "message": "Not tried."}]}')::jsonb);
"""
_TROUBLE = """
UPDATE datasource SET connection_id = (SELECT id FROM connection) WHERE name = 'not run yet';
UPDATE lease SET retrying = true, moved = now() - interval '5 minutes';
UPDATE run SET limited_by = 'assets', notes = ARRAY['The workspace has reached its limit of 12 assets: 3 new objects'
  ' were not imported. Raise the limit or remove assets; the next run imports the rest.'] WHERE id = 3;
"""
DRESS = RED_CONNECTION + _TROUBLE


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A page, or a dialog of it."""

    name: str
    path: str
    steps: Sequence[Step] = ()
    library: str = "dressed"  # or empty
    who: str = "owner"  # or viewer, nobody

    @property
    def tall(self) -> bool:
        """Whether more of it is shown than a window would; a dialog is seen as a window shows it."""
        return not self.steps


PARTS = (
    "workspace",
    "members",
    "keys",
    "webhooks",
    "functions",
    "likeness",
    "indexes",
    "upkeep",
    "secrets",
    "sessions",
    "about",
)
TABS = ("overview", "settings", "runs", "health", "events", "activity")

PAGES = {
    "library": "/",
    "library-of-a-query": "/?query=metadata.place%3AHarbour+sort%3Aname&panel=folders",
    "library-nothing-found": "/?query=metadata.scoer%3E0.5",
    "library-wrong-query": "/?query=width%3A%3E",
    "trash": "/?query=state%3Atrash",
    "asset": "/assets/1003?at=1196",
    "asset-missing": "/assets/1004?at=1195",
    "near-duplicates": "/near-duplicates?query=harbour",
    "overview": "/overview",
    "activity": "/activity",
    "activity-of-a-datasource": "/activity?kind=datasource&subject=orchard",
    "datasources": "/datasources",
    **{f"datasource-{tab}": f"/datasources/orchard?tab={tab}" for tab in TABS},
    "datasource-in-trouble": "/datasources/not%20run%20yet",
    "datasource-in-trouble-health": "/datasources/not%20run%20yet?tab=health",
    "connections": "/connections",
    "connection": f"/connections/{LONG}",
    "connection-in-trouble": "/connections/harbour-store",
    "connection-of-a-role": "/connections/studio",
    "new-connection": "/new/connection",
    "new-connection-aws": "/new/connection?service=aws",
    "new-datasource": "/new/datasource",
    "new-datasource-in-trouble": "/new/datasource?connection=harbour-store",
    "new-datasource-of-a-role": "/new/datasource?connection=studio",
    "new-datasource-location": "/new/datasource?step=location&via=folder&place=/tmp",
    "new-datasource-settings": "/new/datasource?step=settings&via=folder&place=/tmp",
    "new-datasource-configs": f"/new/datasource?step=location&{CONFIGS}",
    "new-datasource-configs-settings": f"/new/datasource?step=settings&{CONFIGS}",
    "projects": "/projects",
    "project": IN_PROJECT,
    "project-without-assets": f"/projects/{LONG}-project",
    "snapshot": f"{IN_PROJECT}/snapshots/1",
    "snapshot-gone": f"{IN_PROJECT}/snapshots/2?part=gone",
    "compare": f"{IN_PROJECT}/compare?before={PROJECT}@1&after={PROJECT}@2",
    "labels": "/labels",
    "ontology": "/labels/fruit",
    "ontology-without-classes": "/labels/nothing%20in%20it",
    "runs": "/runs",
    "runs-none-match": "/runs?state=queued",
    "jobs-filtered": "/jobs?kind=snapshot_create",
    "jobs-none-match": "/jobs?state=held",
    "run": "/runs/3",
    "run-failed": "/runs/4",
    "run-at-work": "/runs/5",
    "run-held": "/runs/6",
    "jobs": "/jobs",
    **{f"settings-{part}": f"/settings?part={part}" for part in PARTS},
    "no-such-page": "/nope",
    "no-such-datasource": "/datasources/gone",
}
EMPTY = ("library", "overview", "datasources", "connections", "projects", "labels", "runs", "jobs", "near-duplicates")
DIALOGS: dict[str, tuple[str, tuple[Step, ...]]] = {
    "filters": ("/", (open_panel,)),
    "completion": ("/", (fill("Query", "metadata."), suggested)),
    "query-help": ("/?query=metadata.place%3AHarbour", (lambda page: page.locator(".syntax").click(),)),
    "connected-buckets": ("/", (press("Connected buckets"),)),
    "saved-searches": ("/?query=tag%3Aripe", (press("Saved"),)),
    "selection": ("/", (select_some,)),
    "bulk-tags": ("/", (select_all, in_bar("Tags"))),
    "bulk-metadata": ("/", (select_all, in_bar("Metadata"), fill("Key", "place"), fill("Value", "Quay"))),
    "bulk-projects": ("/", (select_all, in_bar("Projects"))),
    "bulk-split": ("/", (select_all, in_bar("Split"))),
    "bulk-split-undivided": (
        "/",
        (select_all, in_bar("Split"), choose("Project", f"{LONG}-project"), tick_card("Automatic")),
    ),
    "bulk-trash": ("/", (select_all, in_bar("Move to trash"))),
    "bulk-export": ("/", (select_all, in_bar("Export"))),
    "bulk-reprocess": ("/", (select_all, in_bar("Reprocess"), tick("Call the function describe"))),
    "drawing": ("/assets/1003?at=1196", (draw,)),
    "asset-page": ("/assets/1006?at=1190", (as_page("1006"),)),
    "asset-source": ("/assets/1006?at=1190", (as_page("1006"), press("Source", within="dialog"))),
    "asset-text-fails": (
        "/assets/1006?at=1190",
        (as_page("1006"), answers(FAILS, re.compile(r"/original"))),
    ),
    "new-project": ("/projects", (press("New project"),)),
    "project-export": (IN_PROJECT, (press("Export"),)),
    "project-export-ready": (IN_PROJECT, (press("Export"), export("Export"))),
    "project-export-left-out": (
        IN_PROJECT,
        (
            press("Export"),
            choose("Format", "webdataset"),
            ends_as("exports", BYTES_LEFT_OUT),
            export("Export"),
        ),
    ),
    "project-edit": (IN_PROJECT, (press("Edit"),)),
    "project-delete": (IN_PROJECT, (press("Delete"),)),
    "snapshot-restore": (IN_SNAPSHOT, (press("Restore"), press("Preview", within="dialog"))),
    "snapshot-delete": (IN_SNAPSHOT, (press("Delete"),)),
    "snapshot-note": (IN_SNAPSHOT, (press("Edit note"),)),
    "new-ontology": ("/labels", (press("New ontology"),)),
    "label-import": ("/labels/fruit", (press("Import labels"),)),
    "label-import-mapping": ("/labels/fruit", (press("Import labels"), choose_labels)),
    "label-export": ("/labels/fruit", (press("Export labels"),)),
    "label-export-left-out": (
        "/labels/fruit",
        (
            press("Export labels"),
            tick("Copy the pictures beside the labels"),
            ends_as("labels/exports", LABELS_LEFT_OUT),
            export("Export"),
        ),
    ),
    "ontology-delete": ("/labels/fruit", (press("Delete"),)),
    "ontology-delete-unused": ("/labels/nothing%20in%20it", (press("Delete"),)),
    "ontology-class": ("/labels/fruit", (lambda page: page.get_by_text("1 attribute, 0").first.click(),)),
    "connection-delete": (f"/connections/{LONG}", (press("Delete"),)),
    "connection-edit": (f"/connections/{LONG}", (press("Edit"),)),
    "schedule": ("/datasources", (press("Schedule"),)),
    "schedule-cron": ("/datasources", (press("Schedule"), tick("Cron expression"))),
    "preview": ("/datasources/harbour%20cams", (press("Preview"), see("A run would"))),
    "empty-trash": ("/datasources/harbour%20cams", (press("Empty trash"),)),
    "empty-trash-of-work": (
        "/datasources/orchard",
        (
            answers(lambda route: route.fulfill(json=WORKED_ON), re.compile(r"/purge\?")),
            press("Empty trash"),
            see("work of people"),
        ),
    ),
    "datasource-delete": ("/datasources/harbour%20cams", (press("Delete"),)),
    "datasource-settings-of-labels": (
        "/datasources/orchard?tab=settings",
        (open_fold("Label files"), choose("Format of the label files", "YOLO"), choose("Ontology", "fruit")),
    ),
    "datasource-settings-of-configs": (
        "/datasources/orchard?tab=settings",
        (open_fold("How keys are listed"), press("Add another mirror config")),
    ),
    "datasource-events-set": ("/datasources/orchard?tab=events", (press("Set up events"),)),
    "held-confirm": ("/runs/6", (type_the_number,)),
    "member-remove": ("/settings?part=members", (press("Remove bela"),)),
    "webhook-delete": ("/settings?part=webhooks", (press("Delete"),)),
    "function-delete": ("/settings?part=functions", (press("Delete"),)),
    "function-failures": ("/settings?part=functions", (press("Failures"),)),
    "function-failed": (
        "/settings?part=functions",
        (failed_calls, press("Failures"), see("503"), scroll_to(".settings-table")),
    ),
    "asset-failed-calls": ("/assets/1003?at=1196", (failed_calls, scroll_to("section[aria-label=Functions]"))),
    "jobs-of-every-state": ("/jobs", (jobs_of_every_state,)),
    "snapshot-values": (IN_SNAPSHOT, (lambda page: page.get_by_text("5 values").first.click(),)),
    "webhook-deliveries": ("/settings?part=webhooks", (press("Send a test"), see("Created"))),
    "key-revoke": ("/settings?part=keys", (press("Revoke nightly"),)),
    "key-made": (
        "/settings?part=keys",
        (fill("Name", "export of the harbour"), press("Create key"), see("Copy the key")),
    ),
    "member-invited": (
        "/settings?part=members",
        (fill("Name", "carla@example.com"), press("Invite"), see("Send this link")),
    ),
    "saved-search-delete": (
        "/",
        (press("Saved"), see("ripe ones"), press("Delete ripe ones", within="dialog")),
    ),
    "new-datasource-edit-connection": ("/new/datasource?connection=harbour-store", (press("Edit"),)),
    "new-connection-in-wizard": ("/new/datasource", (tick_card("New connection"), tick_card("Amazon"))),
    "key-replace": ("/settings?part=secrets", (press("Replace the key"),)),
    "shortcuts": ("/projects", (press("Keyboard shortcuts", within="body"),)),
    "loading": ("/projects", (answers(lambda _: None),)),
    "server-fails": ("/datasources", (answers(FAILS),)),
    "server-fails-library": ("/", (answers(FAILS),)),
    "session-ended": ("/projects", (end_session,)),
    "server-refuses": ("/projects", (answers(REFUSES, BEYOND_ME),)),
    "offline": ("/projects", (offline,)),
    # They change what the others show, so they come last.
    "edited": ("/?query=orchard", (select_some, in_bar("Tags"), fill("Add tags", "seen"), apply, toasted)),
    "snapshot-restored": (
        IN_SNAPSHOT,
        (press("Restore"), press("Restore", within="dialog"), see("as it was before")),
    ),
}
FIRST: dict[str, tuple[Step, ...]] = {
    "first-connection": (press("Add a datasource", role="link"), see("New connection")),
    "first-location": (
        press("Add a datasource", role="link"),
        tick_card("Identity of the server"),
        press("Next"),
    ),
}
WHO = {
    "viewer-library": ("viewer", "/"),
    "viewer-asset": ("viewer", "/assets/1003?at=1196"),
    "viewer-project": ("viewer", IN_PROJECT),
    "viewer-new-datasource": ("viewer", "/new/datasource"),
    "viewer-members": ("viewer", "/settings?part=members"),
    "signed-out": ("nobody", "/"),
    "signed-out-projects": ("nobody", "/projects"),
    "invitation": ("nobody", "/#invitation=a-secret"),
}


def scenes() -> Iterator[Scene]:
    """Every page, then every dialog and state."""
    for name, path in PAGES.items():
        yield Scene(name=name, path=path)
    for name in EMPTY:
        yield Scene(name=f"empty-{name}", path=PAGES[name].partition("?")[0], library="empty")
    for name, steps in FIRST.items():
        yield Scene(name=name, path="/", steps=steps, library="empty")
    for name, (who, path) in WHO.items():
        yield Scene(name=name, path=path, who=who)
    yield Scene(name="sign-in-with-token", path="/", who="nobody", steps=(press("Use the access token instead"),))
    for name, (path, steps) in DIALOGS.items():
        yield Scene(name=name, path=path, steps=steps)


def dress(request: APIRequestContext, address: str, token: str) -> None:
    """Make what the pages show beside the assets."""
    for method, path, body in MADE:
        head = {"Authorization": f"Bearer {token}"}
        made = getattr(request, method)(f"{address}/api/v1{path}", headers=head, data=body)
        assert made.ok, (path, made.text())
        while path in JOBS and made.json()["state"] in ("queued", "running"):
            sleep(0.2)
            made = request.get(f"{address}/api/v1/jobs/{made.json()['id']}", headers=head)


_numbers = count(1)


def sign_in_as_viewer(request: APIRequestContext, address: str, token: str) -> None:
    """Make the requests of this context those of a new member that may only look."""
    sign_in_as(request, address, token, name=f"viewer-{next(_numbers)}", role="viewer")
