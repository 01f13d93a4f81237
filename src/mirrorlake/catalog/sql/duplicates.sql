-- name: find_duplicates
-- Objects of the datasource $1 whose assets are new since its last pass that ended well, over everything or a part, and
-- have the bytes of another of its assets: the first one, which is older, or else the first by key. With $2 = 1, one in
-- the trash counts too.
WITH recent AS MATERIALIZED (
  SELECT DISTINCT object.key, asset.id, asset.digest
  FROM job JOIN outcome ON outcome.run_id = job.id JOIN asset ON asset.id = outcome.asset_id
    JOIN object ON object.datasource_id = job.datasource_id AND object.key = outcome.key AND object.asset_id = asset.id
  WHERE job.datasource_id = $1 AND outcome.kind = {outcome.new} AND job.started > coalesce(
      (SELECT max(finished) FROM job
       WHERE job.datasource_id = $1 AND job.kind IN ('mirror', 'events') AND job.state IN ('succeeded', 'held')),
      '-infinity'
    )
    AND object.state = {known.present} AND asset.datasource_id = $1 AND asset.digest IS NOT NULL
), firsts AS MATERIALIZED (
  SELECT DISTINCT ON (asset.digest) asset.digest, asset.id, object.key
  FROM asset JOIN object ON object.asset_id = asset.id
  WHERE asset.digest IN (SELECT digest FROM recent) AND object.datasource_id = $1 AND object.state = {known.present}
    AND ($2 = 1 OR asset.state = {asset.present})
  ORDER BY asset.digest, asset.id IN (SELECT id FROM recent), object.key
)
SELECT recent.key, firsts.key AS first_key
FROM recent JOIN firsts ON firsts.digest = recent.digest AND firsts.id <> recent.id
ORDER BY recent.key;

-- name: match_duplicates
-- The asset of each staged duplicate, and of the first object with its bytes.
UPDATE staged SET asset_id = asset.id, rival = first.asset_id, digest = asset.digest
FROM object AS mine JOIN asset ON asset.id = mine.asset_id, object AS first
WHERE mine.datasource_id = $1 AND mine.key = staged.key AND mine.state = {known.present}
  AND first.datasource_id = $1 AND first.key = staged.old_key AND first.state = {known.present};

-- name: drop_wanted_duplicates
-- Leave out duplicates that have changed since they were found, that users have worked on, or that another object shows.
DELETE FROM staged WHERE asset_id IS NULL OR NOT EXISTS (
  SELECT FROM asset JOIN asset AS first ON first.id = staged.rival AND first.id <> asset.id AND first.digest = asset.digest
  WHERE asset.id = staged.asset_id AND asset.datasource_id = $1 AND NOT {rule.worked_on}
    AND NOT EXISTS (
      SELECT FROM object AS other
      WHERE other.asset_id = asset.id AND (other.datasource_id <> $1 OR other.key <> staged.key)
    )
);

-- name: explain_duplicates
-- Why they are no assets.
UPDATE staged SET reason = 'it has the bytes of ' || old_key || ', asset ' || rival || CASE result
    WHEN {result.rejected} THEN ', and the policy duplicates skips them. Mend it: delete one of them, or set duplicates to keep'
    ELSE ', and is another place of it'
  END;

-- name: leave_out_duplicates
-- The objects are no assets any more. Passes compare them as they compare what a policy rejects.
UPDATE object SET state = {known.refused}, asset_id = NULL, reason = staged.reason, policies = staged.policies,
  duplicate = staged.digest
FROM staged WHERE object.datasource_id = $1 AND object.key = staged.key;

-- name: delete_duplicates
-- Delete their assets.
DELETE FROM asset USING staged WHERE asset.id = staged.asset_id;

-- name: record_duplicates
-- Record them in place of the new assets.
WITH recorded AS (
  INSERT INTO outcome (run_id, key, kind, stage, reason, asset_id)
  SELECT $1, key, CASE result WHEN {result.rejected} THEN {outcome.rejected} ELSE {outcome.skipped} END, stage, reason, rival
  FROM staged ORDER BY key
  RETURNING kind
)
SELECT kind, count(*) FROM recorded GROUP BY kind;

-- name: linked_places
-- Other places of the assets of these vanishing keys, some of each, the first by key first.
SELECT gone.key AS old_key, place.key AS new_key, gone.companions, gone.state AS known_state
FROM object AS gone JOIN asset ON asset.id = gone.asset_id CROSS JOIN LATERAL (
  SELECT object.key FROM object
  WHERE object.datasource_id = gone.datasource_id AND object.duplicate = asset.digest AND object.state = {known.refused}
  ORDER BY object.key LIMIT %(most)s
) AS place
WHERE gone.datasource_id = %(datasource_id)s AND gone.key = ANY(%(keys)s::text[]) AND gone.state = {known.present}
  AND asset.datasource_id = gone.datasource_id
ORDER BY gone.key, place.key;

-- name: drop_unlinked
-- Leave out moves to places that have changed since they were found.
DELETE FROM staged WHERE asset_id IS NULL OR NOT EXISTS (
  SELECT FROM object AS place JOIN asset ON asset.digest = place.duplicate
  WHERE place.datasource_id = $1 AND place.key = staged.key AND place.state = {known.refused} AND place.token = staged.token
    AND asset.id = staged.asset_id
);
