-- name: vanishing_originals
-- Those of these vanishing keys whose asset has a younger copy that this datasource shows. `came`: when the last pass
-- before the asset ended, so that two assets of one pass are equally old. Each digest is looked up once, however many
-- keys have it.
WITH gone AS MATERIALIZED (
  SELECT object.key, original.digest, object.companions, object.state, original.created
  FROM object JOIN asset AS original ON original.id = object.asset_id
  WHERE object.datasource_id = %(datasource_id)s AND object.key = ANY(%(keys)s::text[])
    AND object.state = {known.present} AND original.state <> {asset.trash}
), newest AS MATERIALIZED (
  SELECT asset.digest, max(asset.created) AS created
  FROM asset JOIN object ON object.asset_id = asset.id
  WHERE asset.digest IN (SELECT digest FROM gone)
    AND object.datasource_id = %(datasource_id)s AND object.state = {known.present}
  GROUP BY asset.digest
)
SELECT gone.key, gone.digest, gone.companions, gone.state, true AS open,
  (SELECT max(finished) FROM job
   WHERE job.datasource_id = %(datasource_id)s AND job.kind IN ('mirror', 'events') AND finished <= gone.created) AS came
FROM gone JOIN newest ON newest.digest = gone.digest AND newest.created > gone.created;

-- name: earlier_originals
-- The keys that vanished earlier and whose assets have the bytes of an object that is new since the last pass that ended
-- well. An asset that a user moved to the trash stays there.
SELECT object.key, original.digest, object.companions, object.state, false AS open,
  (SELECT max(finished) FROM job
   WHERE job.datasource_id = object.datasource_id AND job.kind IN ('mirror', 'events') AND finished <= original.created) AS came
FROM asset AS original JOIN object ON object.asset_id = original.id
WHERE object.datasource_id = %(datasource_id)s AND object.state IN ({known.vanished})
  AND (original.state <> {asset.trash} OR object.state = {known.trashed})
  AND original.digest IN (
    SELECT asset.digest FROM job JOIN outcome ON outcome.run_id = job.id JOIN asset ON asset.id = outcome.asset_id
    WHERE job.datasource_id = %(datasource_id)s AND outcome.kind = {outcome.new} AND job.started > coalesce(
      (SELECT max(finished) FROM job
       WHERE job.datasource_id = %(datasource_id)s AND job.kind = 'mirror' AND job.state IN ('succeeded', 'held')),
      '-infinity'
    )
  );

-- name: copies_with_digests
-- The assets with these digests that this datasource shows and governs, and that no user has worked on. `recent`: new
-- since the last pass that ended well.
SELECT object.key, asset.digest, object.token, object.size, asset.modified, asset.storage_class, object.companions,
  asset.warnings, asset.created > coalesce(
    (SELECT max(finished) FROM job
     WHERE job.datasource_id = object.datasource_id AND job.kind = 'mirror' AND job.state IN ('succeeded', 'held')),
    '-infinity'
  ) AS recent,
  (SELECT max(finished) FROM job
   WHERE job.datasource_id = object.datasource_id AND job.kind IN ('mirror', 'events') AND finished <= asset.created) AS came
FROM asset JOIN object ON object.asset_id = asset.id AND object.datasource_id = asset.datasource_id
WHERE asset.digest = ANY(%(digests)s::bytea[]) AND asset.datasource_id = %(datasource_id)s
  AND object.state = {known.present} AND NOT {rule.worked_on};

-- name: companions_of_copies
-- What was read last of each companion of the assets that a datasource shows under these keys.
SELECT object.key, companion.role, companion.key AS companion_key, companion.document::text AS document
FROM object JOIN companion ON companion.asset_id = object.asset_id
WHERE object.datasource_id = %(datasource_id)s AND object.key = ANY(%(keys)s::text[]);

-- name: find_copies
-- The vanished asset of each staged move, and the asset of its copy as its rival.
UPDATE staged SET asset_id = known.asset_id, standing = known.state, known_companions = known.companions,
  depth = known.depth, rival = shown.asset_id, rival_is_copy = true
FROM object AS known, object AS shown
WHERE known.datasource_id = $1 AND known.key = staged.old_key AND known.asset_id IS NOT NULL
  AND shown.datasource_id = $1 AND shown.key = staged.key AND shown.state = {known.present}
  AND shown.token = staged.token AND shown.size = staged.size AND shown.asset_id <> known.asset_id;

-- name: drop_changed_copies
-- Leave out copies that users have worked on, or that have changed, since the moves were found.
DELETE FROM staged WHERE asset_id IS NULL OR NOT EXISTS (
  SELECT FROM asset JOIN asset AS original ON original.id = staged.asset_id
  WHERE asset.id = staged.rival AND asset.digest = original.digest AND asset.datasource_id = $1 AND NOT {rule.worked_on}
);

-- name: staged_keys
-- The keys that are still staged.
SELECT key FROM staged ORDER BY key;

-- name: delete_outcomes
-- Delete the outcomes that this run recorded for the staged keys; without one, a key was counted as unchanged.
WITH former AS (
  DELETE FROM outcome USING staged WHERE outcome.run_id = $1 AND outcome.key = staged.key RETURNING outcome.key, outcome.kind
)
SELECT coalesce(former.kind, {outcome.unchanged}) AS kind, count(*)
FROM staged LEFT JOIN former ON former.key = staged.key GROUP BY 1;
