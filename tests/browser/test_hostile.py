"""Names and values that try to be more than text stay text on every page, and break no layout."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import Visit, violations

SIZE = 400
TRAP = '<img src="x" onerror="window.taken = 1"><script>window.taken = 1</script>'
TURN = "\u202egnp.exe"  # what follows is read from right to left
NAME = f"{TRAP} {TURN} {'n' * 700}"  # an object's key has at most 1,024 bytes
SHORT = f"<b>{TURN} {'s' * 80}"  # where names are limited
TITLE = f"{TRAP} {'t' * 100}"  # where characters that turn the direction are refused
LONG = f"{TRAP} {TURN} {'v' * 5000}"
ASSET = 1003
DRESS = f"""
UPDATE asset SET name = $h${NAME}$h$, key = $h${NAME}/{NAME}$h$, warnings = ARRAY[$h${LONG}$h$],
  metadata = metadata || jsonb_build_object('place', $h${LONG}$h$, 'note', $h${LONG}$h$),
  facts = facts || jsonb_build_object('camera_model', $h${LONG}$h$, 'lens', $h${LONG}$h$, 'caption', $h${LONG}$h$)
WHERE id % 3 = 1;
INSERT INTO asset_tag SELECT $h${SHORT}$h$, id FROM asset WHERE id % 3 = 1;
UPDATE datasource SET settings = settings ||
  jsonb_build_object('title', $h${TITLE}$h$, 'description', $h${TITLE} {"v" * 4500}$h$) WHERE id = 1;
UPDATE project SET name = $h${SHORT}$h$, description = $h${LONG}$h$;
INSERT INTO project_asset SELECT 1, id FROM asset WHERE id = {ASSET} ON CONFLICT DO NOTHING;
UPDATE job SET error = $h${LONG}$h$ WHERE id = 4;
UPDATE outcome SET key = $h${NAME}$h$, reason = $h${LONG}$h$ WHERE run_id = 3 AND key = '2026/01/half.jpg';
UPDATE hold SET reason = $h${LONG}$h$, by_prefix = jsonb_build_object($h${NAME}/$h$, 55);
INSERT INTO job (kind, subject, requested_by, state, started, finished, error)
VALUES ('location_preview', $h${LONG}$h$, $h${SHORT}$h$, 'failed', now(), now(), $h${LONG}$h$);
INSERT INTO ontology (name, by) VALUES ($h${SHORT}$h$, $h${SHORT}$h$);
INSERT INTO label_class (ontology_id, position, name, shape, colour) VALUES (1, 1, $h${SHORT}$h$, 'box', '#ff0000');
INSERT INTO annotation (asset_id, class_id, x, y, width, height, source)
VALUES ({ASSET}, 1, 0.1, 0.1, 0.5, 0.5, 'user');
INSERT INTO saved_search (name, query, created_by, updated_by)
VALUES ($h${SHORT}$h$, $h$"{SHORT}"$h$, 'x', $h${SHORT}$h$);
INSERT INTO access.member (name) VALUES ($h${SHORT}$h$);
INSERT INTO access.membership (member_id, workspace_id, role) SELECT 1, id, 'viewer' FROM access.workspace;
INSERT INTO access.api_key (workspace_id, name, prefix, digest, role, created_by)
SELECT id, $h${SHORT}$h$, 'mlk_x', 'x', 'viewer', $h${SHORT}$h$ FROM access.workspace;
INSERT INTO connection (name, kind, settings, external_id, trusted, paused, health) VALUES
('hostile', 's3', jsonb_build_object('endpoint', 'https://store.invalid', 'bucket', $h${SHORT}$h$,
  'prefix', $h${NAME}/$h$), 'x', false, $h${LONG}$h$, jsonb_build_object('ok', false,
  'checked', '2026-11-29T08:00:00+00:00', 'checks', jsonb_build_array(jsonb_build_object('check', 'list', 'ok', false,
  'message', $h${LONG}$h$, 'key', $h${NAME}$h$, 'error', $h${LONG}$h$, 'fix', $h${LONG}$h$))));
INSERT INTO activity (workspace, actor_kind, actor, action, subject_kind, subject, details) VALUES
('default', 'user', $h${SHORT}$h$, 'edit', 'asset', $h${NAME}$h$,
 jsonb_build_object('add_tags', jsonb_build_array($h${LONG}$h$), $h${SHORT}$h$, $h${LONG}$h$));
INSERT INTO webhook (url, events) VALUES ($h$https://hooks.invalid/{NAME}$h$, '{{run.finished}}');
INSERT INTO webhook_delivery (webhook_id, event, state, error) VALUES (1, 'run.finished', 'failed', $h${LONG}$h$);
INSERT INTO function (name, url, events, query, repeat, pool, timeout_s, memory_mb, attempts, by, problem, paused)
VALUES
('hostile', $h$https://hooks.invalid/{NAME}$h$, '{{asset.created}}', $h$"{SHORT}"$h$, 'always', 'default', 60,
 512, 3, $h${SHORT}$h$, $h${LONG}$h$, true);
"""  # noqa: S608 - our own text
# A name of its own for a datasource, which its pages and dialogs repeat.
RENAMED = f"UPDATE datasource SET name = $h${SHORT}$h$ WHERE name = 'not run yet';"  # noqa: S608 - our own text
ASKED = f"&connection=hostile&place={quote(NAME)}&only={quote(NAME)}"
PAGES = {
    "library": "/?panel=filters",
    "folders": "/?panel=folders",
    "asset": f"/assets/{ASSET}",
    "overview": "/overview",
    "datasources": "/datasources",
    "datasource": "/datasources/orchard",
    "settings of a datasource": "/datasources/orchard?tab=settings",
    "projects": "/projects",
    "runs": "/runs",
    "run": "/runs/3",
    "failed run": "/runs/4",
    "held run": "/runs/6",
    "jobs": "/jobs",
    "ontologies": "/labels",
    "members": "/settings?part=members",
    "keys": "/settings?part=keys",
    "connections": "/connections",
    "connection": "/connections/hostile",
    "activity": "/activity",
    "webhooks": "/settings?part=webhooks",
    "functions": "/settings?part=functions",
    "location in the wizard": f"/new/datasource?step=location{ASKED}",
    "settings in the wizard": f"/new/datasource?step=settings{ASKED}",
}


def check_whole(page: Page) -> None:
    """Nothing ran, nothing of it became an element, and the page is no wider than its window."""
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.taken") is None
    assert page.locator("img[src='x'], main script, dialog script").count() == 0
    for width in (3840, 1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        wider = page.evaluate(
            "[...document.querySelectorAll('html, main, dialog, section, header')].filter((one) =>"
            " one.getBoundingClientRect().right > innerWidth + 1"
            " || (one.tagName === 'HTML' && one.scrollWidth > innerWidth))"
            ".map((one) => `${one.tagName}.${one.className}`)"
        )
        assert wider == [], width


@pytest.mark.parametrize("name", PAGES)
def test_a_hostile_name_is_shown_as_text_and_the_page_stays_whole(visit: Visit, name: str) -> None:
    page = visit(PAGES[name], size=SIZE, dress=DRESS)
    # Slashes divide a key, so a folder has only the beginning of it.
    beginnings = ("folders", "datasources", "datasource", "settings of a datasource")
    expect(page.locator("#root")).to_contain_text("onerror=" if name in beginnings else TURN)
    check_whole(page)


def wide_again(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})


def test_hostile_values_in_the_dialogs_of_a_selection_are_text(visit: Visit) -> None:
    page = visit("/", size=SIZE, dress=DRESS)
    page.locator(".cell a[tabindex='0'][href]").focus()
    page.keyboard.press("Control+A")
    bar = page.get_by_role("toolbar", name="Selection")
    dialog = page.get_by_role("dialog")
    for action, field in (("Tags", "Add tags"), ("Projects", "Add to projects")):
        bar.get_by_role("button", name=action).click()
        dialog.get_by_label(field).fill(LONG)
        page.keyboard.press("Enter")
        expect(dialog).to_contain_text(TURN)
        check_whole(page)
        wide_again(page)
        dialog.get_by_role("button", name=re.compile("^Change ")).click()
        expect(dialog.get_by_role("alert")).to_be_visible()  # the server refuses such a name, in words
        check_whole(page)
        wide_again(page)
        page.keyboard.press("Escape")
    bar.get_by_role("button", name="Metadata").click()
    for field in dialog.locator("input").all():
        field.fill(LONG)
    check_whole(page)
    wide_again(page)
    page.keyboard.press("Escape")
    bar.get_by_role("button", name="Export").click()
    dialog.get_by_label("Columns").fill(LONG)
    dialog.get_by_role("button", name="Export").click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    check_whole(page)
    assert violations(page) == []


def test_hostile_names_in_the_dialogs_of_a_datasource_are_text(visit: Visit) -> None:
    page = visit("/datasources", size=SIZE, dress=DRESS + RENAMED)
    card = page.locator(".card", has_text=TURN).first
    for action in ("Delete", "Schedule", "Preview"):
        card.get_by_role("button", name=action, exact=True).click()
        expect(page.get_by_role("dialog")).to_contain_text(TURN)
        check_whole(page)
        wide_again(page)
        page.keyboard.press("Escape")
    page.get_by_role("link", name=SHORT, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(TURN)
    check_whole(page)
    wide_again(page)
    page.get_by_role("button", name="Settings", exact=True).click()
    for field in ("Only these patterns", "Except", "Suffix of metadata files", "Pool of workers"):
        page.get_by_label(field, exact=True).fill(LONG)
    page.get_by_role("button", name="Save changes").click()
    expect(page.locator("[aria-invalid=true], [role=alert]").first).to_be_visible()
    check_whole(page)


def test_hostile_names_in_the_import_of_labels_are_text(visit: Visit, tmp_path: Path) -> None:
    page = visit("/labels", size=SIZE, dress=DRESS)
    page.get_by_role("link", name=SHORT).click()
    rows = [f'"{NAME}",4000,3000,"<b>{TURN} {number} {"k" * 400}",10,10,900,900' for number in range(3)]
    labels = tmp_path / f"{TURN}<b>.csv"
    labels.write_text("filename,width,height,class,xmin,ymin,xmax,ymax\n" + "\n".join(rows).replace('""', '"'))
    page.get_by_role("button", name="Import labels").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("File").set_input_files(labels)
    dialog.get_by_label("Format").select_option("CSV of boxes")
    dialog.get_by_label("Find the asset of a picture by").select_option("its name")
    dialog.get_by_role("button", name="Preview").click()
    expect(dialog.locator("[role=status], [role=alert]").last).to_contain_text(re.compile(r"\w"))
    expect(dialog).to_contain_text(TURN)
    check_whole(page)
    assert violations(page) == []


def test_hostile_names_in_dialogs_and_of_what_they_lead_to_are_text(visit: Visit) -> None:
    page = visit("/projects", size=SIZE, dress=DRESS)
    page.get_by_role("link", name=SHORT).click()
    expect(page.get_by_role("heading", name=SHORT)).to_be_visible()
    check_whole(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    for action in ("Export", "Edit", "Delete"):
        page.get_by_role("button", name=action, exact=True).click()
        expect(page.get_by_role("dialog")).to_contain_text(TURN)
        check_whole(page)
        page.set_viewport_size({"width": 1280, "height": 800})
        page.keyboard.press("Escape")
    page.get_by_label("Note").fill(f"{TRAP} {TURN} {'w' * 400}")
    page.keyboard.press("Enter")
    page.get_by_role("link", name=f"{SHORT}@1").click()
    expect(page.get_by_role("region", name="Assets as they were frozen")).to_contain_text(TURN)
    expect(page.locator(".snapshot-note")).to_contain_text(TURN)
    check_whole(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(page.url.partition("/projects")[0] + "/labels")
    page.get_by_role("link", name=SHORT).click()
    expect(page.get_by_label("Name of class 1")).to_have_value(SHORT)
    check_whole(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(page.url.partition("/labels")[0] + "/")
    page.get_by_role("button", name="Saved", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text(TURN)
    check_whole(page)
    assert violations(page) == []
