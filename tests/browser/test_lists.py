"""The lists of runs and jobs: page by page, filtered, and the filters in the address."""

from __future__ import annotations

import re

from playwright.sync_api import expect
from tests.browser.conftest import Visit, accessible_once_loaded

SIZE = 300
# More than two pages of each, all ended long ago.
DRESS = """
WITH made AS (
  INSERT INTO job (kind, datasource_id, requested_by, state, started, finished)
  SELECT 'mirror', 1, 'ada', CASE WHEN number % 4 = 0 THEN 'failed' ELSE 'succeeded' END,
    now() - interval '9 days', now() - interval '9 days'
  FROM generate_series(1, 120) AS number RETURNING id
) INSERT INTO run (id, trigger) SELECT id, 'schedule' FROM made;
INSERT INTO job (kind, subject, requested_by, state, started, finished, result)
SELECT CASE WHEN number % 3 = 0 THEN 'verify' ELSE 'edit' END, 'tag:ripe', 'ada', 'succeeded',
  now() - interval '9 days', now() - interval '9 days', '{"assets": 3, "changed": 3}'
FROM generate_series(1, 120) AS number;
INSERT INTO job (kind, requested_by, state, started, finished, args)
SELECT 'undo', 'ada', 'succeeded', now(), now(), jsonb_build_object('job', max(id)) FROM job WHERE kind = 'edit';
INSERT INTO job (kind, requested_by, state, started, finished, result)
SELECT 'assets_export', 'ada', 'succeeded', now(), now(), jsonb_build_object('path', null, 'files',
  (SELECT jsonb_agg(jsonb_build_object('name', format('shard-%s.tar', number)))
   FROM generate_series(1, files) AS number))
FROM (VALUES (2), (12)) AS made (files);
"""


def test_runs_come_by_pages_and_are_filtered_in_the_address(visit: Visit) -> None:
    page = visit("/runs", size=SIZE, dress=DRESS, worker=False)
    rows = page.locator(".runs-table tbody tr")
    expect(rows).to_have_count(50)
    accessible_once_loaded(page)
    more = page.get_by_role("button", name="Show more")
    more.press("Enter")
    expect(rows).to_have_count(100)
    more.press("Enter")
    expect(page.get_by_role("link", name="Run 1", exact=True)).to_be_visible()  # the oldest one
    expect(more).to_have_count(0)
    assert rows.count() > 120
    page.get_by_label("State").select_option("failed")
    expect(page).to_have_url(re.compile(r"\?state=failed$"))
    expect(rows.filter(has_text="succeeded")).to_have_count(0)
    expect(rows.filter(has_text="failed")).not_to_have_count(0)
    page.get_by_label("Datasource").select_option("not run yet")
    expect(page.get_by_text("Nothing matches these filters.")).to_be_visible()
    accessible_once_loaded(page)
    page.reload()
    expect(page.get_by_label("State")).to_have_value("failed")
    expect(page.get_by_label("Datasource")).to_have_value("not run yet")
    page.get_by_role("link", name="Clear filters").click()
    expect(rows).to_have_count(50)
    expect(page.get_by_label("State")).to_have_value("")


def test_jobs_come_by_pages_and_what_was_undone_is_not_offered_again(visit: Visit) -> None:
    page = visit("/jobs?kind=edit", size=SIZE, dress=DRESS, worker=False)
    rows = page.locator(".jobs-table tbody tr")
    expect(page.get_by_label("Kind")).to_have_value("edit")
    expect(rows).to_have_count(50)
    undo = page.get_by_role("button", name=re.compile(r"^Undo job"))
    expect(undo).to_have_count(49)  # the newest one was undone, by a job that is not listed here
    accessible_once_loaded(page)
    page.get_by_role("button", name="Show more").click()
    expect(rows).to_have_count(80)
    page.get_by_label("Kind").select_option("verify")
    expect(page).to_have_url(re.compile(r"\?kind=verify$"))
    expect(rows).to_have_count(40)
    page.get_by_label("State").select_option("cancelled")
    expect(page.get_by_text("Nothing matches these filters.")).to_be_visible()


def test_each_file_of_an_export_has_its_line_and_many_are_folded(visit: Visit) -> None:
    page = visit("/jobs?kind=assets_export", size=SIZE, dress=DRESS, worker=False)
    links = page.get_by_role("link", name=re.compile(r"^Download shard"))
    expect(links).to_have_count(2)
    upper, lower = (links.nth(number).bounding_box() for number in range(2))
    assert upper is not None
    assert lower is not None
    assert upper["y"] + upper["height"] <= lower["y"]
    page.get_by_text("12 files to download").click()
    expect(links).to_have_count(14)
    accessible_once_loaded(page)
