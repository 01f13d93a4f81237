-- name: insert_bulk_edit
-- Store a bulk edit that a job will carry out.
INSERT INTO bulk_edit (workspace, actor_kind, actor, parts)
VALUES (%(workspace)s, %(actor_kind)s, %(actor)s, %(parts)s) RETURNING id;

-- name: begin_bulk_edit
-- The bulk edit of a job, locked: who requested it, its parts, and how many assets were selected, if they were.
UPDATE bulk_edit SET job_id = %(job_id)s WHERE id = %(edit_id)s
RETURNING actor_kind, actor, workspace, parts, assets;

-- name: check_job_lease
-- Whether this process still holds the lease of its job; until the end of the transaction, nobody takes it over.
SELECT FROM lease WHERE lock = %(lock)s AND holder = %(holder)s::uuid FOR SHARE;

-- name: insert_batches
-- Fragment after the SELECT of ids as `chosen`: store them in batches, in their order.
INSERT INTO edit_batch (edit_id, number, part, span, ids)
SELECT %(edit_id)s, %(first)s + row_number() OVER (ORDER BY min(id)) - 1, %(part)s,
  int8range(min(id), max(id), '[]'), array_agg(id ORDER BY id)
FROM (SELECT id, (row_number() OVER (ORDER BY id) - 1) / %(size)s AS batch FROM chosen) AS numbered
GROUP BY batch;

-- name: end_selection
-- Store how many assets were selected.
UPDATE bulk_edit SET assets = (
  SELECT coalesce(sum(cardinality(ids)), 0) FROM edit_batch WHERE edit_id = bulk_edit.id
) WHERE id = %(edit_id)s RETURNING assets;

-- name: bulk_edit_progress
-- How many of the selected assets are done, and how many of them were changed.
SELECT coalesce(sum(cardinality(ids)), 0)::bigint, coalesce(sum(changed), 0)::bigint
FROM edit_batch WHERE edit_id = %(edit_id)s AND applied IS NOT NULL;

-- name: next_batch
-- The next batch that was not applied.
SELECT number, part, ids FROM edit_batch
WHERE edit_id = %(edit_id)s AND applied IS NULL ORDER BY number LIMIT 1;

-- name: change_metadata
-- Record what the assets of a batch have under the keys that change, for those that change. One element of `before` is
-- [values, provenance, whether a user ever edited it].
INSERT INTO edit_change (edit_id, number, kind, name, ids, before, sources)
SELECT %(edit_id)s, %(number)s, 'metadata', '', array_agg(id ORDER BY id),
  jsonb_agg(
    jsonb_build_array(
      coalesce((SELECT jsonb_object_agg(key, value) FROM jsonb_each(metadata) WHERE key = ANY(%(keys)s::text[])), '{}'),
      coalesce((SELECT jsonb_object_agg(key, value) FROM jsonb_each(provenance) WHERE key = ANY(%(keys)s::text[])), '{}'),
      edited
    ) ORDER BY id
  ), %(sources)s::jsonb
FROM asset
WHERE id = ANY(%(ids)s::bigint[]) AND {rule.metadata_changes}
HAVING count(*) > 0
RETURNING ids;

-- name: change_tags
-- Add tags to the assets of a batch that do not have them, and record to which. Those of keywords stay from now on, which is
-- recorded as a claim: for the assets, nothing changes.
WITH claimed AS (
  UPDATE asset_tag SET from_keywords = false, edit_id = %(edit_id)s
  WHERE from_keywords AND asset_id = ANY(%(ids)s::bigint[]) AND tag = ANY(%(tags)s::text[]) RETURNING tag, asset_id
), claims AS (
  INSERT INTO edit_change (edit_id, number, kind, name, ids)
  SELECT %(edit_id)s, %(number)s, 'claim', tag, array_agg(asset_id ORDER BY asset_id) FROM claimed GROUP BY tag
), added AS (
  INSERT INTO asset_tag (tag, asset_id, edit_id)
  SELECT tag, id, %(edit_id)s FROM unnest(%(tags)s::text[]) AS tag CROSS JOIN unnest(%(ids)s::bigint[]) AS id
  ORDER BY tag, id ON CONFLICT DO NOTHING RETURNING tag, asset_id
)
INSERT INTO edit_change (edit_id, number, kind, name, ids)
SELECT %(edit_id)s, %(number)s, 'tag', tag, array_agg(asset_id ORDER BY asset_id) FROM added GROUP BY tag
RETURNING ids;

-- name: change_untags
-- Remove tags from the assets of a batch, and record from which, with the bulk edits that added them, or
-- that keywords did.
WITH removed AS (
  DELETE FROM asset_tag WHERE asset_id = ANY(%(ids)s::bigint[]) AND tag = ANY(%(tags)s::text[])
  RETURNING tag, asset_id, edit_id, from_keywords
)
INSERT INTO edit_change (edit_id, number, kind, name, ids, before)
SELECT %(edit_id)s, %(number)s, 'untag', tag, array_agg(asset_id ORDER BY asset_id),
  jsonb_agg(CASE WHEN from_keywords THEN to_jsonb('keywords'::text) ELSE to_jsonb(edit_id) END ORDER BY asset_id)
FROM removed GROUP BY tag
RETURNING ids;

-- name: change_members
-- Add the assets of a batch to projects that they are not in, and record to which.
WITH added AS (
  INSERT INTO project_asset (project_id, asset_id, edit_id)
  SELECT project.id, asset_id, %(edit_id)s
  FROM project CROSS JOIN unnest(%(ids)s::bigint[]) AS asset_id WHERE project.name = ANY(%(projects)s::text[])
  ORDER BY 1, 2 ON CONFLICT DO NOTHING RETURNING project_id, asset_id
)
INSERT INTO edit_change (edit_id, number, kind, name, ids)
SELECT %(edit_id)s, %(number)s, 'project', project.name, array_agg(asset_id ORDER BY asset_id)
FROM added JOIN project ON project.id = added.project_id GROUP BY project.name
RETURNING ids;

-- name: change_nonmembers
-- Remove the assets of a batch from projects, and record from which, with the bulk edits that added them, the splits and
-- whether a person had chosen these.
WITH removed AS (
  DELETE FROM project_asset USING project
  WHERE project.id = project_asset.project_id AND project.name = ANY(%(projects)s::text[])
    AND asset_id = ANY(%(ids)s::bigint[])
  RETURNING project.name, asset_id, jsonb_build_array(project_asset.edit_id, project_asset.split, project_asset.assigned) AS before
)
INSERT INTO edit_change (edit_id, number, kind, name, ids, before)
SELECT %(edit_id)s, %(number)s, 'unproject', name, array_agg(asset_id ORDER BY asset_id),
  jsonb_agg(before ORDER BY asset_id)
FROM removed GROUP BY name
RETURNING ids;

-- name: touch_assets
-- Record that users changed these assets.
UPDATE asset SET updated = now() WHERE id = ANY(%(ids)s::bigint[]);

-- name: end_batch
-- Record that a batch was applied.
UPDATE edit_batch SET applied = now(), changed = %(changed)s WHERE edit_id = %(edit_id)s AND number = %(number)s;

-- name: count_edit
-- Fragment around the SELECT of ids as `chosen`: how many assets a bulk edit selects, and how many it would change.
SELECT count(*), count(*) FILTER (
  WHERE (%(edits_metadata)s AND {rule.metadata_changes})
    OR EXISTS (
      SELECT FROM unnest(%(add_tags)s::text[]) AS tag
      WHERE NOT EXISTS (SELECT FROM asset_tag WHERE asset_tag.tag = tag.tag AND asset_tag.asset_id = asset.id)
    )
    OR EXISTS (SELECT FROM asset_tag WHERE asset_tag.asset_id = asset.id AND asset_tag.tag = ANY(%(remove_tags)s::text[]))
    OR EXISTS (
      SELECT FROM unnest(%(add_projects)s::text[]) AS wanted
      WHERE NOT EXISTS (
        SELECT FROM project_asset JOIN project ON project.id = project_asset.project_id
        WHERE project_asset.asset_id = asset.id AND project.name = wanted
      )
    )
    OR EXISTS (
      SELECT FROM project_asset JOIN project ON project.id = project_asset.project_id
      WHERE project_asset.asset_id = asset.id AND project.name = ANY(%(remove_projects)s::text[])
    )
    OR (%(restore)s AND asset.state = {asset.trash})
    OR (%(trash)s AND asset.state <> {asset.trash})
)
FROM asset WHERE id IN (SELECT id FROM chosen);

-- name: job_of_edit
-- The job of a bulk edit.
SELECT job_id FROM bulk_edit WHERE id = %(edit_id)s;

-- name: bulk_edit_of_job
-- The bulk edit of a job: its id, the job that undoes or undid it, whether its undo data were purged, and whether it is
-- at work. An undo that ended before its end does not count.
SELECT bulk_edit.id, undoing.id, bulk_edit.purged IS NOT NULL,
  job.state = 'queued' OR job.state = 'running' AND (job.attempt IS NOT NULL OR EXISTS (
    SELECT FROM lease JOIN pg_stat_activity AS activity
      ON activity.pid = lease.backend_pid AND activity.backend_start = lease.backend_start
    WHERE lease.job_id = job.id
  ))
FROM bulk_edit JOIN job ON job.id = bulk_edit.job_id
LEFT JOIN job AS undoing ON undoing.id = bulk_edit.undone_by AND undoing.state NOT IN ('failed', 'cancelled')
WHERE bulk_edit.job_id = %(job_id)s;

-- name: begin_undo
-- Record the job that undoes a bulk edit.
UPDATE bulk_edit SET undone_by = %(job_id)s WHERE id = %(edit_id)s RETURNING parts;

-- name: count_undo
-- How many assets of a bulk edit there are to undo, and how many of them are done.
SELECT coalesce(sum(cardinality(ids)), 0)::bigint,
  coalesce(sum(cardinality(ids)) FILTER (WHERE undone IS NOT NULL), 0)::bigint
FROM edit_batch WHERE edit_id = %(edit_id)s AND applied IS NOT NULL;

-- name: next_undo
-- The last batch that was applied and not undone.
SELECT number, part, ids, applied FROM edit_batch
WHERE edit_id = %(edit_id)s AND applied IS NOT NULL AND undone IS NULL ORDER BY number DESC LIMIT 1;

-- name: changes_of_batch
-- What a batch changed, metadata first.
SELECT kind, name, ids FROM edit_change
WHERE edit_id = %(edit_id)s AND number = %(number)s ORDER BY kind = 'metadata' DESC, kind, name;

-- name: undo_metadata
-- Bring back the keys of a batch that are as it left them. Returns the assets that were changed, and for each other key
-- the assets with it.
WITH was AS (
  SELECT item.id, item.before -> 0 AS values, item.before -> 1 AS sources, (item.before ->> 2)::boolean AS edited,
    edit_change.sources AS given, coalesce(item.after, %(values)s::jsonb) AS set,
    CASE WHEN item.after IS NULL THEN %(keys)s::text[] ELSE ARRAY(SELECT jsonb_object_keys(item.after)) END AS keys
  FROM edit_change, ROWS FROM (
    unnest(edit_change.ids), jsonb_array_elements(edit_change.before), jsonb_array_elements(edit_change.after)
  ) AS item (id, before, after)
  WHERE edit_id = %(edit_id)s AND number = %(number)s AND kind = 'metadata' AND name = ''
), state AS (
  SELECT asset.id, was.values, was.sources, was.edited, named.key,
    CASE
      WHEN named.key = ANY(%(removed)s::text[]) THEN NOT asset.metadata ? named.key
      ELSE asset.metadata -> named.key = was.set -> named.key
        AND asset.provenance -> named.key = was.given -> named.key
    END AS kept
  FROM was JOIN asset ON asset.id = was.id CROSS JOIN unnest(was.keys) AS named (key)
  WHERE NOT named.key = ANY(%(removed)s::text[]) OR was.values ? named.key
), plan AS (
  SELECT id, values, sources, edited,
    coalesce(array_agg(key) FILTER (WHERE kept), '{}') AS back,
    coalesce(array_agg(key) FILTER (WHERE kept IS NOT TRUE), '{}') AS lost
  FROM state GROUP BY id, values, sources, edited
), changed AS (
  UPDATE asset SET
    metadata = (asset.metadata - plan.back) || coalesce(
      (SELECT jsonb_object_agg(key, value) FROM jsonb_each(plan.values) WHERE key = ANY(plan.back)), '{}'
    ),
    provenance = (asset.provenance - plan.back) || coalesce(
      (SELECT jsonb_object_agg(key, value) FROM jsonb_each(plan.sources) WHERE key = ANY(plan.back)), '{}'
    ),
    -- Nothing else has happened to the asset since: then also this is as before.
    edited = CASE WHEN asset.updated = %(applied)s AND plan.lost = '{}' THEN plan.edited ELSE asset.edited END,
    updated = now()
  FROM plan WHERE asset.id = plan.id AND plan.back <> '{}'
  RETURNING asset.id
)
SELECT ARRAY(SELECT id FROM changed),
  coalesce(
    (SELECT jsonb_object_agg(key, ids) FROM (
      SELECT named.key, jsonb_agg(id ORDER BY id) AS ids FROM plan, unnest(plan.lost) AS named (key) GROUP BY named.key
    ) AS by_key), '{}'
  );

-- name: undo_tag
-- Remove the tag that a batch added, where nobody has removed it since. Where a file gives it by now, it is the tag of the
-- file, as it would be without the batch.
WITH added AS (
  SELECT asset.id, {rule.file_gives} AS given
  FROM asset_tag JOIN asset ON asset.id = asset_tag.asset_id
  WHERE tag = %(name)s AND asset_id = ANY(%(ids)s::bigint[]) AND edit_id = %(edit_id)s
), kept AS (
  UPDATE asset_tag SET from_keywords = true, edit_id = NULL
  FROM added WHERE asset_tag.tag = %(name)s AND asset_tag.asset_id = added.id AND added.given
)
DELETE FROM asset_tag USING added
WHERE asset_tag.tag = %(name)s AND asset_tag.asset_id = added.id AND NOT added.given RETURNING asset_id;

-- name: undo_claim
-- Give the tag back to the keywords from which a batch took it, where nobody has removed it since. Where no keyword gives
-- it any more, it goes, as it would have without the batch.
WITH claimed AS (
  SELECT asset.id, {rule.file_gives} AS given
  FROM asset_tag JOIN asset ON asset.id = asset_tag.asset_id
  WHERE tag = %(name)s AND asset_id = ANY(%(ids)s::bigint[]) AND edit_id = %(edit_id)s AND NOT from_keywords
), back AS (
  UPDATE asset_tag SET from_keywords = true, edit_id = NULL
  FROM claimed WHERE asset_tag.tag = %(name)s AND asset_tag.asset_id = claimed.id AND claimed.given
)
DELETE FROM asset_tag USING claimed
WHERE asset_tag.tag = %(name)s AND asset_tag.asset_id = claimed.id AND NOT claimed.given RETURNING asset_id;

-- name: undo_untag
-- Add the tag again that a batch removed, where nobody has added it since, and where a keyword that gave it still does.
INSERT INTO asset_tag (tag, asset_id, edit_id, from_keywords)
SELECT edit_change.name, asset.id, CASE jsonb_typeof(item.before) WHEN 'number' THEN item.before::bigint END,
  jsonb_typeof(item.before) = 'string'
FROM edit_change CROSS JOIN ROWS FROM (unnest(edit_change.ids), jsonb_array_elements(edit_change.before)) AS item (id, before)
JOIN asset ON asset.id = item.id
WHERE edit_change.edit_id = %(edit_id)s AND number = %(number)s AND edit_change.kind = 'untag' AND edit_change.name = %(name)s
  AND (jsonb_typeof(item.before) <> 'string' OR {rule.file_gives})
ORDER BY asset.id ON CONFLICT DO NOTHING RETURNING asset_id;

-- name: undo_project
-- Remove the members from a project that a batch added, where nobody has removed them since.
DELETE FROM project_asset USING project
WHERE project.id = project_asset.project_id AND project.name = %(name)s
  AND asset_id = ANY(%(ids)s::bigint[]) AND edit_id = %(edit_id)s RETURNING asset_id;

-- name: undo_unproject
-- Add the members to a project again that a batch removed, where nobody has added them since.
INSERT INTO project_asset (project_id, asset_id, edit_id, split, assigned)
SELECT project.id, asset.id, (item.before ->> 0)::bigint, (item.before ->> 1)::smallint, (item.before ->> 2)::boolean
FROM edit_change CROSS JOIN ROWS FROM (unnest(edit_change.ids), jsonb_array_elements(edit_change.before)) AS item (id, before)
JOIN asset ON asset.id = item.id JOIN project ON project.name = edit_change.name
WHERE edit_change.edit_id = %(edit_id)s AND number = %(number)s AND edit_change.kind = 'unproject'
  AND edit_change.name = %(name)s
ORDER BY asset.id ON CONFLICT DO NOTHING RETURNING asset_id;

-- name: end_undo
-- Record that a batch was undone.
UPDATE edit_batch SET undone = now(), undo = %(undo)s WHERE edit_id = %(edit_id)s AND number = %(number)s;

-- name: undo_results
-- What undoing each batch did.
SELECT undo FROM edit_batch WHERE edit_id = %(edit_id)s AND undone IS NOT NULL ORDER BY number;

-- name: existing_assets
-- Those of these assets that exist.
SELECT id FROM asset WHERE id = ANY(%(ids)s::bigint[]);

-- name: purge_undo
-- Delete the data that undo the bulk edits of long ago. Who changed what stays in the history.
WITH old AS (
  UPDATE bulk_edit SET purged = now()
  WHERE purged IS NULL AND created < now() - make_interval(days => %(days)s)
    AND NOT EXISTS (
      SELECT FROM job WHERE job.id IN (bulk_edit.job_id, bulk_edit.undone_by) AND (
        finished IS NULL OR job.id = bulk_edit.job_id AND finished >= now() - make_interval(days => %(days)s)
      )
    )
  RETURNING id
)
UPDATE edit_change SET before = NULL WHERE edit_id IN (SELECT id FROM old) AND before IS NOT NULL;
