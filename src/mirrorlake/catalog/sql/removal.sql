-- name: count_by_folder
-- How many objects with an asset are in each folder directly below the prefix; '' counts those in no folder.
SELECT CASE WHEN strpos(rest, '/') > 0 THEN split_part(rest, '/', 1) || '/' ELSE '' END AS folder, count(*)
FROM object CROSS JOIN LATERAL (SELECT substr(key, %(start)s)) AS below (rest)
WHERE datasource_id = %(datasource_id)s AND asset_id IS NOT NULL AND state IN ({known.used})
GROUP BY folder;

-- name: count_removed_by_parts
-- How many objects partial passes removed since the last pass over everything that ended well, by folder as above. An
-- object that came back counts no more.
SELECT CASE WHEN strpos(rest, '/') > 0 THEN split_part(rest, '/', 1) || '/' ELSE '' END AS folder, count(*)
FROM (
  SELECT DISTINCT outcome.key FROM job JOIN outcome ON outcome.run_id = job.id
  WHERE job.datasource_id = %(datasource_id)s AND job.kind = 'events' AND outcome.kind = {outcome.removed}
    AND job.started > coalesce(
      (SELECT max(started) FROM job AS whole
       WHERE whole.datasource_id = %(datasource_id)s AND whole.kind = 'mirror' AND whole.state IN ('succeeded', 'held')),
      '-infinity'
    )
    AND NOT EXISTS (
      SELECT FROM object
      WHERE object.datasource_id = %(datasource_id)s AND object.key = outcome.key AND object.state IN ({known.used})
    )
) AS removed CROSS JOIN LATERAL (SELECT substr(key, %(start)s)) AS below (rest)
GROUP BY folder;

-- name: refused_with_asset
-- The refused keys among these that have an asset from earlier content.
SELECT key FROM object
WHERE datasource_id = %(datasource_id)s AND key = ANY(%(keys)s::text[]) AND asset_id IS NOT NULL;

-- name: keys_in_project
-- The keys among these whose asset is in a project.
SELECT key FROM object
WHERE datasource_id = %(datasource_id)s AND key = ANY(%(keys)s::text[])
  AND EXISTS (SELECT FROM project_asset WHERE project_asset.asset_id = object.asset_id);

-- name: count_spared
-- How many of these orphaned keys have an asset that another object shows: it is not hidden with them.
SELECT count(*) FROM object
WHERE datasource_id = %(datasource_id)s AND key = ANY(%(keys)s::text[]) AND EXISTS (
  SELECT FROM object AS other
  WHERE other.asset_id = object.asset_id AND other.state IN ({known.used})
    AND (other.datasource_id <> object.datasource_id OR other.key <> object.key)
);

-- name: find_vanished
-- The known object of each staged key, and what uses its asset.
UPDATE staged SET asset_id = known.asset_id, standing = known.state
FROM object AS known
WHERE known.datasource_id = $1 AND known.key = staged.key;

-- name: lock_vanished
-- The assets that may be removed, locked against being added to a project meanwhile.
SELECT asset.id FROM staged JOIN asset ON asset.id = staged.asset_id ORDER BY asset.id FOR UPDATE OF asset;

-- name: remove_objects
-- Delete vanished keys whose asset nothing else uses and users did not work on, or that another object shows. Runs
-- before the assets are deleted.
DELETE FROM object USING staged JOIN asset ON asset.id = staged.asset_id
WHERE object.datasource_id = $1 AND object.key = staged.key AND object.asset_id = staged.asset_id
  AND object.state IN ({known.used})
  AND (
    EXISTS (
      SELECT FROM object AS other
      WHERE other.asset_id = staged.asset_id AND other.state IN ({known.standing})
        AND (other.datasource_id <> $1 OR other.key <> staged.key)
    )
    OR NOT EXISTS (SELECT FROM project_asset WHERE project_asset.asset_id = staged.asset_id)
    AND NOT {rule.user_work}
    AND NOT EXISTS (
      SELECT FROM object AS other
      WHERE other.asset_id = staged.asset_id AND (other.datasource_id <> $1 OR other.key <> staged.key)
    )
  );

-- name: remove_assets
-- Delete assets without objects that are in no project and that users did not work on.
DELETE FROM asset USING staged
WHERE asset.id = staged.asset_id
  AND NOT EXISTS (SELECT FROM object WHERE object.asset_id = asset.id)
  AND NOT EXISTS (SELECT FROM project_asset WHERE project_asset.asset_id = asset.id)
  AND NOT {rule.user_work};

-- name: trash_objects
-- Mark vanished keys so that everything is restored if they return. An asset that a user had moved to the trash stays
-- there. One in a project does not go to the trash: its key is missing.
UPDATE object SET state = CASE
    WHEN asset.state = {asset.trash} THEN {known.kept}
    WHEN EXISTS (SELECT FROM project_asset WHERE project_asset.asset_id = asset.id) THEN {known.missing}
    ELSE {known.trashed}
  END
FROM staged JOIN asset ON asset.id = staged.asset_id
WHERE object.datasource_id = $1 AND object.key = staged.key AND object.state IN ({known.used});

-- name: trash_assets
-- Move the assets of vanished keys to the trash, unless another object shows them. If another datasource marks what
-- vanished as missing, the asset is missing: the more careful policy applies, whichever datasource detects it first. An
-- asset in a project is missing too.
UPDATE asset SET updated = now(), state = CASE
    WHEN EXISTS (SELECT FROM object WHERE object.asset_id = asset.id AND object.datasource_id <> $1 AND object.state = {known.missing})
      OR EXISTS (SELECT FROM project_asset WHERE project_asset.asset_id = asset.id)
      THEN {asset.missing}
    ELSE {asset.trash}
  END
FROM staged
WHERE asset.id = staged.asset_id AND asset.state <> {asset.trash}
  AND NOT EXISTS (SELECT FROM object WHERE object.asset_id = asset.id AND object.state IN ({known.standing}));

-- name: record_removals
-- Record the result for each asset: removed, in the trash, or still shown by another object.
WITH recorded AS (
  INSERT INTO outcome (run_id, key, kind, reason, asset_id)
  SELECT $1, staged.key,
    CASE WHEN asset.id IS NULL OR asset.state = {asset.trash} THEN {outcome.removed} ELSE {outcome.missing} END,
    CASE
      WHEN asset.id IS NULL THEN reason || '; it was removed'
      WHEN asset.state = {asset.present} THEN reason || '; another datasource still shows it'
      WHEN asset.state = {asset.missing} AND EXISTS (SELECT FROM project_asset WHERE project_asset.asset_id = asset.id)
        THEN reason || '; a project keeps it'
      WHEN asset.state = {asset.missing} THEN reason || '; another datasource keeps it, though it is missing there too'
      WHEN {rule.labelled} THEN reason || '; it is in the trash with its annotations'
      WHEN {rule.user_work} THEN reason || '; it is in the trash with its edits'
      ELSE reason || '; it is in the trash'
    END,
    asset.id
  FROM staged LEFT JOIN asset ON asset.id = staged.asset_id
  WHERE staged.asset_id IS NOT NULL ORDER BY staged.key
  ON CONFLICT (run_id, key) DO UPDATE SET kind = outcome.kind
  RETURNING kind
)
SELECT kind, count(*) FROM recorded GROUP BY kind;

-- name: record_orphans
-- Record vanished keys for which nothing is done, with the reason.
WITH recorded AS (
  INSERT INTO outcome (run_id, key, kind, reason, asset_id)
  SELECT $1, key, {outcome.missing}, reason, asset_id
  FROM staged WHERE asset_id IS NOT NULL ORDER BY key
  ON CONFLICT (run_id, key) DO UPDATE SET kind = outcome.kind
  RETURNING kind
)
SELECT kind, count(*) FROM recorded GROUP BY kind;

-- name: insert_hold
-- Record the hold of a run; its keys follow.
INSERT INTO hold (run_id, reason, count, by_prefix, plan_hash, identity)
VALUES (%(run_id)s, %(reason)s, %(count)s, %(by_prefix)s, %(plan_hash)s, %(identity)s);

-- name: record_held
-- Store the keys whose removal is held for confirmation, and record an outcome for each.
WITH held AS (
  INSERT INTO held_removal (run_id, key) SELECT $1, key FROM staged ORDER BY key ON CONFLICT DO NOTHING
), recorded AS (
  INSERT INTO outcome (run_id, key, kind, reason, asset_id, held)
  SELECT $1, key, {outcome.missing}, reason, asset_id, true FROM staged ORDER BY key
  ON CONFLICT (run_id, key) DO UPDATE SET kind = outcome.kind
  RETURNING kind
)
SELECT kind, count(*) FROM recorded GROUP BY kind;

-- name: held_keys
-- The next held keys of a run that still have an asset, in byte order.
SELECT held_removal.key, object.state
FROM held_removal JOIN object ON object.datasource_id = %(datasource_id)s AND object.key = held_removal.key
WHERE held_removal.run_id = %(run_id)s AND held_removal.key > %(after)s
ORDER BY held_removal.key LIMIT %(limit)s;

-- name: hold_keys
-- The next held keys of a run, in byte order.
SELECT key FROM held_removal WHERE run_id = %(run_id)s AND key > %(after)s ORDER BY key LIMIT %(limit)s;

-- name: complete_hold
-- Store what a hold is about, once all of its keys are known.
UPDATE hold SET reason = %(reason)s, count = %(count)s, by_prefix = %(by_prefix)s, plan_hash = %(plan_hash)s
WHERE run_id = %(run_id)s;

-- name: count_held
-- How many keys a run holds.
SELECT count(*) FROM held_removal WHERE run_id = %(run_id)s;

-- name: holds_of_plan
-- The runs that hold exactly this plan, newest first.
SELECT hold.run_id, job.datasource_id FROM hold JOIN job ON job.id = hold.run_id
WHERE hold.plan_hash = %(plan_hash)s ORDER BY job.started DESC, job.id DESC;

-- name: one_hold
-- The hold of a run, and its datasource.
SELECT job.datasource_id, job.state, hold.count, hold.plan_hash, hold.identity, hold.confirmed_by
FROM hold JOIN job ON job.id = hold.run_id WHERE hold.run_id = %(run_id)s;

-- name: last_evaluation
-- The newest pass of a datasource that evaluated vanished objects. A queued run may have started after one with a
-- higher number.
SELECT job.id, job.state, hold.plan_hash FROM job LEFT JOIN hold ON hold.run_id = job.id
WHERE job.datasource_id = %(datasource_id)s AND job.state IN ('held', 'succeeded') AND job.kind = 'mirror'
ORDER BY job.started DESC, job.id DESC LIMIT 1;

-- name: begin_confirm
-- Link a run and the held run that it confirms.
UPDATE run SET confirms = %(held)s WHERE id = %(run_id)s;

-- name: confirm_hold
-- Record that a run carried out the confirmed removals.
UPDATE hold SET confirmed_by = %(confirmed_by)s WHERE run_id = %(run_id)s;

-- name: was_carried_out
-- The hold of a run, if it was confirmed by the run that a job continues.
SELECT hold.run_id FROM hold JOIN job ON job.continues = hold.confirmed_by
WHERE hold.run_id = %(run_id)s AND job.id = %(job_id)s;

-- name: end_hold
-- End the hold of a run: nothing awaits confirmation any more.
UPDATE job SET state = 'succeeded' WHERE id = %(run_id)s AND state = 'held';

-- name: has_held_removals
-- Whether removals of a datasource are held and still await confirmation.
SELECT EXISTS (
  SELECT FROM held_removal JOIN job ON job.id = held_removal.run_id
  WHERE job.datasource_id = %(datasource_id)s AND job.state = 'held'
);

-- name: unconfirmed_keys
-- The keys among these whose removal still awaits confirmation.
SELECT DISTINCT held_removal.key FROM held_removal JOIN job ON job.id = held_removal.run_id
WHERE job.datasource_id = %(datasource_id)s AND job.state = 'held' AND held_removal.key = ANY(%(keys)s::text[]);

-- name: drop_superseded
-- Delete keys of holds that a later pass superseded; the hold keeps its count. A pass with an incomplete listing
-- supersedes only the keys that it holds itself.
DELETE FROM held_removal USING job, job AS later
WHERE job.id = held_removal.run_id AND job.datasource_id = %(datasource_id)s AND later.id = %(run_id)s
  AND (job.started, job.id) < (later.started, later.id)
  AND (
    %(whole)s
    OR EXISTS (SELECT FROM held_removal AS again WHERE again.run_id = later.id AND again.key = held_removal.key)
  );

-- name: drop_confirmed
-- Delete keys that a user confirmed, once the removal was carried out.
DELETE FROM held_removal WHERE run_id = %(run_id)s;

-- name: get_identity
-- The trusted identity of a source.
SELECT identity FROM datasource WHERE id = %(datasource_id)s;

-- name: store_identity
-- Trust this identity of the source from now on, if we still hold the lease; we hold it until the transaction ends.
WITH ours AS (
  SELECT FROM lease WHERE lock = %(lock)s AND holder = %(holder)s FOR SHARE
)
UPDATE datasource SET identity = %(identity)s WHERE id = %(datasource_id)s AND EXISTS (SELECT FROM ours);

-- name: objects_of_asset
-- The vanished objects of an asset in the trash.
SELECT datasource_id, key, token, size FROM object WHERE asset_id = %(id)s AND state = {known.trashed} ORDER BY datasource_id, key;

-- name: lock_asset
-- Whether an asset is in the trash; it stays there until the end of the transaction.
SELECT state = {asset.trash} FROM asset WHERE id = %(id)s FOR UPDATE;

-- name: restore_object
-- Restore a vanished object of a restored asset: it exists, or a user wants the asset without it.
UPDATE object SET state = %(state)s
WHERE datasource_id = %(datasource_id)s AND key = %(key)s AND asset_id = %(id)s AND state = {known.trashed};

-- name: restore_asset
-- Restore from the trash: present if its object exists, else missing.
UPDATE asset SET updated = now(), state = CASE
    WHEN %(exists)s OR EXISTS (SELECT FROM object WHERE asset_id = asset.id AND object.state IN ({known.standing}))
      THEN {asset.present}
    ELSE {asset.missing}
  END
WHERE id = %(id)s AND state = {asset.trash};

-- name: count_for_deletion
-- What deleting a datasource could affect: its assets; those that nothing else uses and users did not work on; visible
-- ones that nothing else shows and no project holds; of these, the ones that another datasource knows or users worked
-- on; those that are handed over; those in a project; and of those that are not kept elsewhere, the ones that users
-- worked on, with their annotations, edited metadata and tags.
SELECT count(*) AS assets,
  count(*) FILTER (WHERE NOT elsewhere AND NOT in_project AND NOT work) AS removable,
  count(*) FILTER (WHERE in_sight) AS in_sight,
  count(*) FILTER (WHERE in_sight AND (elsewhere OR work)) AS in_sight_and_used,
  count(*) FILTER (WHERE elsewhere) AS shared,
  count(*) FILTER (WHERE in_project) AS in_projects,
  count(*) FILTER (WHERE work AND let_go) AS worked_on,
  count(*) FILTER (WHERE labelled AND let_go) AS annotated,
  count(*) FILTER (WHERE asset.edited AND let_go) AS edited,
  count(*) FILTER (WHERE tagged AND let_go) AS tagged
FROM asset CROSS JOIN LATERAL (
  SELECT EXISTS (
      SELECT FROM object WHERE object.asset_id = asset.id AND object.datasource_id <> %(datasource_id)s
    ) AS elsewhere,
    EXISTS (
      SELECT FROM object
      WHERE object.asset_id = asset.id AND object.datasource_id <> %(datasource_id)s AND object.state IN ({known.standing})
    ) AS shown_elsewhere,
    EXISTS (SELECT FROM project_asset WHERE project_asset.asset_id = asset.id) AS in_project,
    {rule.labelled} AS labelled,
    {rule.tagged} AS tagged
  OFFSET 0 -- each is looked up once, and not again for each number
) AS used CROSS JOIN LATERAL (
  SELECT asset.edited OR labelled OR tagged AS work,
    NOT shown_elsewhere AND NOT in_project AS let_go,
    asset.state <> {asset.trash} AND NOT shown_elsewhere AND NOT in_project AS in_sight
) AS fate
WHERE asset.datasource_id = %(datasource_id)s;

-- name: lock_assets_of
-- All assets of a datasource, locked against being added to a project meanwhile.
SELECT count(*) FROM (
  SELECT FROM asset WHERE datasource_id = %(datasource_id)s ORDER BY id FOR UPDATE
) AS locked;

-- name: delete_objects_of
-- Delete the objects of a datasource whose assets nothing else uses and users did not work on, and those without one.
DELETE FROM object
WHERE datasource_id = %(datasource_id)s
  AND NOT EXISTS (SELECT FROM project_asset WHERE project_asset.asset_id = object.asset_id)
  AND NOT EXISTS (SELECT FROM asset WHERE asset.id = object.asset_id AND {rule.user_work})
  AND NOT EXISTS (
    SELECT FROM object AS other
    WHERE other.asset_id = object.asset_id AND other.datasource_id <> %(datasource_id)s
  );

-- name: delete_assets_of
-- Delete its assets without objects that are in no project and that users did not work on.
DELETE FROM asset
WHERE datasource_id = %(datasource_id)s
  AND NOT EXISTS (SELECT FROM object WHERE object.asset_id = asset.id)
  AND NOT EXISTS (SELECT FROM project_asset WHERE project_asset.asset_id = asset.id)
  AND NOT {rule.user_work};

-- name: hand_over_assets
-- Hand over assets that other datasources show to the oldest of these.
UPDATE asset SET datasource_id = heir.datasource_id, key = heir.key
FROM (
  SELECT DISTINCT ON (asset_id) asset_id, datasource_id, key FROM object
  WHERE datasource_id <> %(datasource_id)s AND asset_id IS NOT NULL
  ORDER BY asset_id, state IN ({known.standing}) DESC, datasource_id, key
) AS heir
WHERE asset.datasource_id = %(datasource_id)s AND heir.asset_id = asset.id;

-- name: mark_unread
-- Make those datasources read the companions in their next pass, if they differ from those that were read last.
UPDATE object SET companions = companions_unread(
  object.companions, companion_roles(object.companions) || companion_roles(before.companions)
)
FROM asset JOIN object AS before ON before.datasource_id = asset.datasource_id AND before.key = asset.key
WHERE before.datasource_id = %(datasource_id)s AND object.asset_id = asset.id
  AND object.datasource_id <> before.datasource_id
  AND object.companions IS DISTINCT FROM before.companions;

-- name: detach_objects_of
-- Detach its objects whose assets other datasources govern now: it no longer shows them.
DELETE FROM object USING asset
WHERE object.datasource_id = %(datasource_id)s AND asset.id = object.asset_id AND asset.datasource_id <> %(datasource_id)s;

-- name: trash_objects_of
-- Move the objects of a datasource to the trash; they are restored if it is mirrored again. Those of assets in a project
-- stay.
UPDATE object SET state = {known.trashed}
FROM asset
WHERE object.datasource_id = %(datasource_id)s AND asset.id = object.asset_id AND asset.state <> {asset.trash}
  AND object.state IN ({known.used})
  AND NOT EXISTS (SELECT FROM project_asset WHERE project_asset.asset_id = asset.id);

-- name: trash_assets_of
-- Move its assets that nothing else shows and no project holds to the trash.
UPDATE asset SET state = {asset.trash}, updated = now()
WHERE datasource_id = %(datasource_id)s AND state <> {asset.trash}
  AND NOT EXISTS (SELECT FROM project_asset WHERE project_asset.asset_id = asset.id)
  AND NOT EXISTS (SELECT FROM object WHERE object.asset_id = asset.id AND object.state IN ({known.standing}));

-- name: delete_datasource
-- Delete a datasource without assets, and its runs.
DELETE FROM datasource
WHERE id = %(datasource_id)s AND NOT EXISTS (SELECT FROM asset WHERE asset.datasource_id = %(datasource_id)s);

-- name: retire_datasource
-- Mark a datasource that is kept only for its assets as deleted.
UPDATE datasource SET deleted = now() WHERE id = %(datasource_id)s;

-- name: count_purgeable
-- How many assets are in the trash of a datasource, unchanged since a given time and not used by anything else. A
-- datasource whose object of the asset is also in the trash does not use it. And on how many of them users worked, with
-- their annotations, edited metadata and tags.
SELECT count(*) AS assets,
  count(*) FILTER (WHERE asset.edited OR labelled OR tagged) AS worked_on,
  count(*) FILTER (WHERE labelled) AS annotated,
  count(*) FILTER (WHERE asset.edited) AS edited,
  count(*) FILTER (WHERE tagged) AS tagged
FROM object JOIN asset ON asset.id = object.asset_id CROSS JOIN LATERAL (
  SELECT {rule.labelled} AS labelled, {rule.tagged} AS tagged
  OFFSET 0 -- each is looked up once, and not again for each number
) AS work
WHERE object.datasource_id = %(datasource_id)s AND object.state IN ({known.released})
  AND asset.state = {asset.trash} AND asset.updated < %(before)s
  AND NOT EXISTS (SELECT FROM project_asset WHERE project_asset.asset_id = asset.id)
  AND NOT EXISTS (
    SELECT FROM object AS other
    WHERE other.asset_id = asset.id AND other.state NOT IN ({known.released})
  );

-- name: purgeable_keys
-- The next of these keys, in byte order.
SELECT object.key FROM object JOIN asset ON asset.id = object.asset_id
WHERE object.datasource_id = %(datasource_id)s AND object.state IN ({known.released})
  AND asset.state = {asset.trash} AND asset.updated < %(before)s
  AND NOT EXISTS (SELECT FROM project_asset WHERE project_asset.asset_id = asset.id)
  AND NOT EXISTS (
    SELECT FROM object AS other
    WHERE other.asset_id = asset.id AND other.state NOT IN ({known.released})
  )
  AND object.key > %(after)s
ORDER BY object.key LIMIT %(limit)s;

-- name: purge_moment
-- The time before which assets in the trash are older than the given number of days.
SELECT now() - make_interval(days => %(days)s);

-- name: purge_objects
-- Delete objects whose asset is still in the trash, unchanged since the given time and unused, in every datasource that
-- has it in the trash. Runs before the assets are deleted.
DELETE FROM object USING staged, asset
WHERE asset.id = staged.asset_id AND asset.state = {asset.trash} AND asset.updated < staged.modified AND object.asset_id = asset.id
  AND NOT EXISTS (SELECT FROM project_asset WHERE project_asset.asset_id = asset.id)
  AND NOT EXISTS (SELECT FROM object AS other WHERE other.asset_id = asset.id AND other.state NOT IN ({known.released}));

-- name: purge_assets
-- Delete assets in the trash that have no objects any more, also those that users worked on: their number was confirmed.
DELETE FROM asset USING staged
WHERE asset.id = staged.asset_id AND asset.state = {asset.trash} AND asset.updated < staged.modified
  AND NOT EXISTS (SELECT FROM object WHERE object.asset_id = asset.id)
  AND NOT EXISTS (SELECT FROM project_asset WHERE project_asset.asset_id = asset.id);

-- name: record_purged
-- Record the result for each asset: removed, or kept because somebody changed or used it since it was counted.
WITH recorded AS (
  INSERT INTO outcome (run_id, key, kind, reason, asset_id)
  SELECT $1, staged.key,
    CASE WHEN asset.id IS NULL THEN {outcome.removed} ELSE {outcome.missing} END,
    CASE WHEN asset.id IS NULL THEN reason || '; it was removed' ELSE 'It was changed or put to use meanwhile: kept' END,
    asset.id
  FROM staged LEFT JOIN asset ON asset.id = staged.asset_id
  WHERE staged.asset_id IS NOT NULL ORDER BY staged.key
  ON CONFLICT (run_id, key) DO UPDATE SET kind = outcome.kind
  RETURNING kind
)
SELECT kind, count(*) FROM recorded GROUP BY kind;
