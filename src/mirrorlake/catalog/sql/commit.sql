-- name: create_staged
-- Where a batch lands by COPY before set-based statements take it over. Emptied by every commit.
CREATE TEMP TABLE IF NOT EXISTS staged (
  op smallint, key text COLLATE "C", size bigint, token text COLLATE "C", modified timestamptz, storage_class text,
  sidecar_key text COLLATE "C", sidecar_token text COLLATE "C", sidecar_size bigint, skip text, config smallint,
  known_state smallint, sidecar_changed boolean, old_key text COLLATE "C",
  result smallint, stage text, reason text, media_type text, width integer, height integer, orientation smallint,
  digest bytea, placeholder bytea, facts text, version text, metadata text, sidecar text, warnings text[], name text,
  -- filled in here: the asset, what is remembered of the object, and what that makes of the row
  asset_id bigint, rival bigint, standing smallint, known_sidecar_token text COLLATE "C", known_sidecar_size bigint,
  fresh boolean NOT NULL DEFAULT false,         -- the asset is made now
  same boolean NOT NULL DEFAULT false,          -- all of it was committed before
  same_sidecar boolean NOT NULL DEFAULT false   -- the sidecar is the remembered one: metadata stays as it is
) ON COMMIT DELETE ROWS;

-- name: create_merged
-- Metadata of standing assets after their sidecar was merged into it.
CREATE TEMP TABLE IF NOT EXISTS merged (asset_id bigint, metadata text, provenance text) ON COMMIT DELETE ROWS;

-- name: check_lease
-- One row while the lease is ours, with who asked that its job end. It stays ours until this transaction ends: taking
-- it over waits for this lock.
SELECT (SELECT cancel_requested FROM job WHERE job.id = lease.job_id) FROM lease WHERE lock = $1 AND holder = $2::uuid FOR SHARE;

-- name: lock_staged
-- The assets that the batch is about, locked in the order in which edits of people lock theirs: neither waits for ever.
SELECT count(*) FROM (
  SELECT FROM asset WHERE id IN (SELECT asset_id FROM staged) ORDER BY id FOR NO KEY UPDATE
) AS locked;

-- name: find_moving
-- Which staged moves can be made: the old key is known with an asset, and nothing else stands under the new one.
UPDATE staged SET asset_id = known.asset_id, standing = known.state, known_sidecar_token = known.sidecar_token,
  known_sidecar_size = known.sidecar_size
FROM object AS known
WHERE staged.op = 3 AND known.datasource_id = $1 AND known.key = staged.old_key AND known.asset_id IS NOT NULL
  AND NOT EXISTS (
    SELECT FROM object AS target
    WHERE target.datasource_id = known.datasource_id AND target.key = staged.key AND target.state = 0
      AND NOT EXISTS (SELECT FROM staged AS also WHERE also.op = 3 AND also.old_key = target.key)
  );

-- name: clear_for_moving
-- The rows of the old keys, and what is only a memory under the new ones. Moves may form chains and circles.
DELETE FROM object USING staged
WHERE staged.op = 3 AND staged.asset_id IS NOT NULL AND object.datasource_id = $1
  AND (object.key = staged.old_key OR object.key = staged.key);

-- name: insert_moved
-- The same objects under their new keys, with the sidecar that was last read.
INSERT INTO object (datasource_id, state, size, sidecar_size, asset_id, key, token, sidecar_token)
SELECT $1, 0, size, known_sidecar_size, asset_id, key, token, known_sidecar_token
FROM staged WHERE op = 3 AND asset_id IS NOT NULL;

-- name: rename_assets
-- A moved asset keeps its id and all that people gave it. One named by its metadata keeps that name, and only the
-- datasource that governs it names it.
-- Its bytes were not read under the new key, so no version of that is known.
UPDATE asset SET key = CASE WHEN asset.datasource_id = $1 THEN staged.key ELSE asset.key END,
  name = CASE
    WHEN asset.datasource_id <> $1 THEN asset.name
    ELSE coalesce(staged.name, CASE WHEN asset.name = staged.old_key THEN staged.key ELSE asset.name END)
  END, token = staged.token, modified = staged.modified,
  storage_class = staged.storage_class, version = NULL, state = CASE WHEN asset.state = 2 AND staged.standing IS DISTINCT FROM 3 THEN 2 ELSE 0 END,
  sidecar_key = CASE WHEN staged.sidecar_changed OR asset.datasource_id <> $1 THEN asset.sidecar_key ELSE staged.sidecar_key END, updated = now()
FROM staged
WHERE staged.op = 3 AND asset.id = staged.asset_id;

-- name: recognise_staged
-- What is remembered of the staged objects. A row that was committed before, byte for byte, is marked `same`.
UPDATE staged SET asset_id = known.asset_id, standing = known.state,
  same = known.token = staged.token AND known.size = staged.size
    AND known.sidecar_token IS NOT DISTINCT FROM staged.sidecar_token
    AND known.sidecar_size IS NOT DISTINCT FROM staged.sidecar_size
    AND known.state = CASE staged.result WHEN 2 THEN 2 ELSE 0 END AND staged.result IN (0, 1, 2),
  same_sidecar = known.sidecar_token IS NOT DISTINCT FROM staged.sidecar_token
    AND known.sidecar_size IS NOT DISTINCT FROM staged.sidecar_size
FROM object AS known
WHERE known.datasource_id = $1 AND known.key = staged.key;

-- name: name_fresh
-- Decoded objects without an asset get the id of a new one.
UPDATE staged SET asset_id = nextval(pg_get_serial_sequence('asset', 'id')), fresh = true
WHERE result = 0 AND asset_id IS NULL;

-- name: lock_for_merge
-- Standing metadata of assets whose sidecar changed, locked against people's edits until the commit.
-- An unusable sidecar (it is there, but nothing of it was read) leaves the metadata as it stands. Only the datasource
-- that governs an asset has a say.
SELECT asset.id, asset.metadata::text, asset.provenance::text,
  to_char(asset.sidecar_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"') AS sidecar_at,
  asset.edited, staged.config, staged.metadata
FROM staged JOIN asset ON asset.id = staged.asset_id
WHERE NOT staged.fresh AND NOT staged.same AND (NOT staged.same_sidecar OR staged.op = 8) AND staged.result IN (0, 1)
  AND (staged.metadata IS NOT NULL OR staged.sidecar_key IS NULL)
  AND asset.datasource_id = $1
ORDER BY asset.id FOR NO KEY UPDATE OF asset;

-- name: insert_assets
-- New assets, in key order.
INSERT INTO asset (id, datasource_id, key, name, token, size, modified, storage_class, media_type, width, height,
  orientation, digest, placeholder, facts, version, metadata, sidecar_key, sidecar, sidecar_at, warnings)
SELECT asset_id, $1, key, coalesce(name, key), token, size, modified, storage_class, media_type, width, height,
  orientation, digest, placeholder, coalesce(facts, '{}')::jsonb, version, coalesce(metadata, '{}')::jsonb,
  sidecar_key, sidecar::json, CASE WHEN metadata IS NOT NULL THEN now() END, coalesce(warnings, '{}')
FROM staged WHERE fresh ORDER BY key;

-- name: update_content
-- Other bytes under a known key: the asset keeps its id, tags and what people set.
-- A sidecar with a token but no key is one that was not asked for: what was read of it stays.
UPDATE asset SET name = CASE WHEN asset.datasource_id = $1 THEN coalesce(staged.name, asset.name) ELSE asset.name END, token = staged.token, size = staged.size, modified = staged.modified,
  storage_class = staged.storage_class, media_type = staged.media_type, width = staged.width, height = staged.height,
  orientation = staged.orientation, digest = staged.digest, placeholder = staged.placeholder,
  facts = coalesce(staged.facts, '{}')::jsonb, version = staged.version, state = CASE WHEN asset.state = 2 AND staged.standing IS DISTINCT FROM 3 THEN 2 ELSE 0 END,
  metadata = coalesce(merged.metadata::jsonb, asset.metadata),
  provenance = coalesce(merged.provenance::jsonb, asset.provenance),
  sidecar = CASE WHEN merged.asset_id IS NULL THEN asset.sidecar ELSE staged.sidecar::json END,
  sidecar_at = CASE WHEN merged.asset_id IS NULL THEN asset.sidecar_at ELSE now() END,
  sidecar_key = CASE WHEN asset.datasource_id <> $1 THEN asset.sidecar_key
    WHEN staged.sidecar_token IS NULL THEN staged.sidecar_key
    ELSE coalesce(staged.sidecar_key, asset.sidecar_key) END, warnings = coalesce(staged.warnings, '{}'), updated = now()
FROM staged LEFT JOIN merged ON merged.asset_id = staged.asset_id
WHERE asset.id = staged.asset_id AND staged.result = 0 AND NOT staged.fresh AND NOT staged.same;

-- name: update_sidecars
-- Only the sidecar changed, came or went.
UPDATE asset SET name = coalesce(staged.name, asset.name),
  metadata = coalesce(merged.metadata::jsonb, asset.metadata),
  provenance = coalesce(merged.provenance::jsonb, asset.provenance),
  sidecar = CASE WHEN merged.asset_id IS NULL THEN asset.sidecar ELSE staged.sidecar::json END,
  sidecar_at = CASE WHEN merged.asset_id IS NULL THEN asset.sidecar_at ELSE now() END,
  state = CASE WHEN asset.state = 2 AND staged.standing IS DISTINCT FROM 3 THEN 2 ELSE 0 END,
  sidecar_key = staged.sidecar_key, warnings = coalesce(staged.warnings, '{}'), updated = now()
FROM staged LEFT JOIN merged ON merged.asset_id = staged.asset_id
WHERE asset.id = staged.asset_id AND staged.result = 1 AND NOT staged.same AND asset.datasource_id = $1;

-- name: remember_objects
-- What the next pass compares with. Passing errors leave no trace, so that they are tried again.
INSERT INTO object (datasource_id, state, size, sidecar_size, asset_id, key, token, sidecar_token, reason)
SELECT $1, CASE WHEN result = 2 THEN 2 ELSE 0 END, size, sidecar_size, asset_id, key, token, sidecar_token,
  CASE WHEN result = 2 THEN reason END
FROM staged
WHERE (result = 2 OR result IN (0, 1) AND asset_id IS NOT NULL) AND NOT same
ORDER BY key
ON CONFLICT (datasource_id, key) DO UPDATE SET state = excluded.state, size = excluded.size,
  sidecar_size = excluded.sidecar_size, asset_id = excluded.asset_id, token = excluded.token,
  sidecar_token = excluded.sidecar_token, reason = excluded.reason;

-- name: tell_looked
-- One outcome for each object looked at, the first that fits. A batch committed twice in a run tells it once.
WITH told AS (
  INSERT INTO outcome (run_id, key, kind, stage, reason, asset_id)
  SELECT $1, key,
    CASE
      WHEN op = 3 AND asset_id IS NOT NULL THEN 'moved'
      WHEN result IN (2, 3, 4) OR asset_id IS NULL THEN 'failed'
      WHEN same THEN 'unchanged'
      WHEN fresh OR op IN (0, 8) AND known_state IS NULL THEN 'new'
      WHEN op = 8 THEN 'changed'
      WHEN result = 0 THEN 'changed'
      ELSE 'metadata_changed'
    END,
    stage, coalesce(reason, nullif(array_to_string(warnings, ' '), '')), asset_id
  FROM staged ORDER BY key
  ON CONFLICT (run_id, key) DO UPDATE SET kind = outcome.kind
  RETURNING kind
)
SELECT kind, count(*) FROM told GROUP BY kind;

-- name: tell_moved
-- Moves whose sidecar is still to be read are told once that is done.
WITH told AS (
  INSERT INTO outcome (run_id, key, kind, reason, asset_id)
  SELECT $1, key, CASE op WHEN 3 THEN 'moved' ELSE 'new' END,
    CASE op WHEN 3 THEN 'It was ' || old_key ELSE 'It was ' || old_key || ', but another datasource keeps it as an asset of its own' END,
    asset_id
  FROM staged WHERE NOT sidecar_changed ORDER BY key
  ON CONFLICT (run_id, key) DO UPDATE SET kind = outcome.kind
  RETURNING kind
)
SELECT kind, count(*) FROM told GROUP BY kind;

-- name: find_staged
-- The remembered object of each staged key.
UPDATE staged SET asset_id = known.asset_id, standing = known.state, reason = known.reason
FROM object AS known
WHERE known.datasource_id = $1 AND known.key = staged.key;

-- name: return_assets
-- Assets whose object is back, out of the trash too where they came into it because it had vanished.
UPDATE asset SET state = 0, updated = now()
FROM staged WHERE asset.id = staged.asset_id AND (asset.state = 1 OR asset.state = 2 AND staged.standing = 3);

-- name: return_objects
-- Objects that are back, as they were. A sidecar that is still to be read counts as unread until then.
UPDATE object SET state = 0, sidecar_token = CASE WHEN staged.sidecar_changed THEN '' ELSE object.sidecar_token END
FROM staged WHERE object.datasource_id = $1 AND object.key = staged.key AND object.state IN (1, 3, 4);

-- name: tell_returned
-- Returns whose sidecar is still to be read are told once that is done.
WITH told AS (
  INSERT INTO outcome (run_id, key, kind, reason, asset_id)
  SELECT $1, key, 'unchanged', 'It was missing and is back', asset_id
  FROM staged WHERE NOT sidecar_changed ORDER BY key
  ON CONFLICT (run_id, key) DO UPDATE SET kind = outcome.kind
  RETURNING kind
)
SELECT kind, count(*) FROM told GROUP BY kind;

-- name: miss_assets
-- Assets of vanished keys, unless another object still shows them.
UPDATE asset SET state = 1, updated = now()
FROM staged
WHERE asset.id = staged.asset_id AND asset.state = 0
  AND NOT EXISTS (
    SELECT FROM object AS other
    WHERE other.asset_id = asset.id AND other.state IN (0, 2)
  );

-- name: miss_objects
-- Vanished keys that have an asset. Nothing is deleted.
UPDATE object SET state = 1
FROM staged
WHERE object.datasource_id = $1 AND object.key = staged.key AND object.state <> 1 AND object.asset_id IS NOT NULL;

-- name: tell_missing
-- Every vanished key with an asset, also one that has been missing for long.
WITH told AS (
  INSERT INTO outcome (run_id, key, kind, reason, asset_id)
  SELECT $1, staged.key, 'missing', CASE
      WHEN asset.state = 0 THEN concat_ws('; ', reason, 'another datasource still shows it')
      ELSE reason
    END, asset_id
  FROM staged JOIN asset ON asset.id = staged.asset_id ORDER BY staged.key
  ON CONFLICT (run_id, key) DO UPDATE SET kind = outcome.kind
  RETURNING kind
)
SELECT kind, count(*) FROM told GROUP BY kind;

-- name: forget_objects
-- Vanished keys that never became an asset.
DELETE FROM object USING staged
WHERE object.datasource_id = $1 AND object.key = staged.key AND object.asset_id IS NULL;

-- name: tell_skipped
-- Objects that a rule, or an earlier look at the same bytes, keeps from being read.
WITH told AS (
  INSERT INTO outcome (run_id, key, kind, reason, asset_id)
  SELECT $1, key, 'skipped', coalesce(skip, reason), asset_id
  FROM staged ORDER BY key
  ON CONFLICT (run_id, key) DO UPDATE SET kind = outcome.kind
  RETURNING kind
)
SELECT kind, count(*) FROM told GROUP BY kind;
