-- name: create_staged
-- The table that a batch is copied into before set-based statements process it. Every commit empties it.
CREATE TEMP TABLE IF NOT EXISTS staged (
  op smallint, key text COLLATE "C", size bigint, token text COLLATE "C", modified timestamptz, storage_class text,
  skip text, config smallint, known_state smallint, old_key text COLLATE "C",
  result smallint, stage text, reason text, kind text, media_type text, width integer, height integer, orientation smallint,
  digest bytea, sample_digest bytea, placeholder bytea, picture_hash bigint, facts text, version text, policies bigint,
  depth smallint, warnings text[],
  companions text COLLATE "C", differs boolean, companion_outcome text, name text,
  -- set by later statements: the asset, the known state of the object, and what follows for the row
  asset_id bigint, rival bigint, rival_is_copy boolean NOT NULL DEFAULT false, standing smallint, known_companions text COLLATE "C",
  fresh boolean NOT NULL DEFAULT false,         -- the asset is created by this batch
  same boolean NOT NULL DEFAULT false,          -- everything was already committed
  kept boolean NOT NULL DEFAULT false           -- another datasource has read more of these same bytes
) ON COMMIT DELETE ROWS;

-- name: create_staged_companion
-- The companions of the staged objects, one per row; see `catalog.companions`. A removed companion has only a role.
CREATE TEMP TABLE IF NOT EXISTS staged_companion (
  key text COLLATE "C", role text COLLATE "C", companion_key text COLLATE "C", token text COLLATE "C", differs boolean,
  content text, document text,
  same boolean NOT NULL DEFAULT false,          -- it equals the known one: nothing changes
  UNIQUE (key, role)                            -- without an index, joins of large batches are quadratic
) ON COMMIT DELETE ROWS;

-- name: create_merged
-- Metadata of existing assets after their companion was merged.
CREATE TEMP TABLE IF NOT EXISTS merged (asset_id bigint, metadata text, provenance text) ON COMMIT DELETE ROWS;

-- name: check_lease
-- One row while we hold the lease, with the user who requested that the job be cancelled. We keep it until this
-- transaction ends: a takeover waits for this lock.
SELECT (SELECT cancel_requested FROM job WHERE job.id = lease.job_id) FROM lease WHERE lock = $1 AND holder = $2::uuid FOR SHARE;

-- name: lock_staged
-- Lock the assets of the batch in the order in which edits lock theirs, so that no deadlock occurs.
SELECT count(*) FROM (
  SELECT FROM asset WHERE id IN (SELECT asset_id FROM staged) ORDER BY id FOR NO KEY UPDATE
) AS locked;

-- name: find_moves
-- Mark the staged moves that can be made: the old key has an asset, and the new key belongs to no other object.
UPDATE staged SET asset_id = known.asset_id, standing = known.state, known_companions = known.companions,
  depth = known.depth
FROM object AS known
WHERE staged.op = {op.moved} AND known.datasource_id = $1 AND known.key = staged.old_key AND known.asset_id IS NOT NULL
  AND NOT EXISTS (
    SELECT FROM object AS target
    WHERE target.datasource_id = known.datasource_id AND target.key = staged.key AND target.state = {known.present}
      AND NOT EXISTS (SELECT FROM staged AS also WHERE also.op = {op.moved} AND also.old_key = target.key)
  );

-- name: clear_moves
-- Delete the rows of the old keys, and rows under the new keys whose object no longer exists. Moves may form chains and
-- circles.
DELETE FROM object USING staged
WHERE staged.op = {op.moved} AND staged.asset_id IS NOT NULL AND object.datasource_id = $1
  AND (object.key = staged.old_key OR object.key = staged.key);

-- name: insert_moves
-- Insert the same objects under their new keys, with the companions that were last read.
INSERT INTO object (datasource_id, state, size, asset_id, key, token, companions, depth)
SELECT $1, {known.present}, size, asset_id, key, token, known_companions, coalesce(depth, 0)
FROM staged WHERE op = {op.moved} AND asset_id IS NOT NULL;

-- name: rename_assets
-- A moved asset keeps its id and everything that users set. A name from its metadata is kept, and only the governing
-- datasource renames it. Its bytes were not read under the new key, so the version of that key is unknown.
UPDATE asset SET key = CASE WHEN asset.datasource_id = $1 THEN staged.key ELSE asset.key END,
  name = CASE
    WHEN asset.datasource_id <> $1 THEN asset.name
    ELSE coalesce(staged.name, CASE WHEN asset.name = staged.old_key THEN staged.key ELSE asset.name END)
  END, token = staged.token, modified = staged.modified,
  storage_class = staged.storage_class, version = NULL, state = CASE WHEN asset.state = {asset.trash} AND staged.standing IS DISTINCT FROM {known.trashed} THEN {asset.trash} ELSE {asset.present} END,
  updated = now()
FROM staged
WHERE staged.op = {op.moved} AND asset.id = staged.asset_id;

-- name: rename_companions
-- Update the keys of a moved asset's companions. A companion that has changed gets its key once it is read.
UPDATE companion SET key = (
  SELECT moved.companion_key FROM staged_companion AS moved WHERE moved.key = staged.key AND moved.role = companion.role
)
FROM staged JOIN asset ON asset.id = staged.asset_id
WHERE staged.op = {op.moved} AND companion.asset_id = asset.id AND asset.datasource_id = $1
  AND NOT EXISTS (
    SELECT FROM staged_companion AS other
    WHERE other.key = staged.key AND other.role = companion.role AND other.differs
  );

-- name: match_staged
-- Find the known row of each staged object. A row that was already committed, byte for byte, is marked `same`. An object
-- that was not read keeps its depth.
UPDATE staged SET asset_id = known.asset_id, standing = known.state, known_companions = known.companions,
  depth = coalesce(staged.depth, known.depth),
  same = known.token = staged.token AND known.size = staged.size
    AND known.companions IS NOT DISTINCT FROM staged.companions
    AND known.state = CASE WHEN staged.result IN ({result.refused}, {result.rejected}) THEN {known.refused} ELSE {known.present} END
    AND known.policies IS NOT DISTINCT FROM staged.policies AND known.depth = coalesce(staged.depth, known.depth)
    AND staged.result IN ({result.processed}, {result.companions_only}, {result.refused}, {result.rejected})
FROM object AS known
WHERE known.datasource_id = $1 AND known.key = staged.key;

-- name: store_again
-- What was read again is stored again, although its bytes were known.
UPDATE staged SET same = false WHERE same AND result = {result.processed};

-- name: warn_long_captions
-- Record why a caption becomes no tag, on assets that this datasource governs.
UPDATE staged SET warnings = coalesce(warnings, '{}') || format(
  'its caption is no tag: it has %s characters, and a tag has at most {rule.longest_tag}', char_length(facts::jsonb ->> 'caption'))
WHERE {rule.caption_tags} AND result = {result.processed} AND NOT same
  AND char_length(facts::jsonb ->> 'caption') > {rule.longest_tag}
  AND NOT EXISTS (SELECT FROM asset WHERE asset.id = staged.asset_id AND asset.datasource_id <> $1);

-- name: match_companions
-- Mark the staged companions that equal the known ones.
UPDATE staged_companion SET same = true
FROM staged
WHERE staged.key = staged_companion.key AND staged.standing IS NOT NULL
  AND companion_of(staged.known_companions, role) IS NOT DISTINCT FROM companion_of(staged.companions, role);

-- name: find_gone_companions
-- Stage the known companions of the staged objects that no longer exist.
INSERT INTO staged_companion (key, role, differs)
SELECT staged.key, gone.role, true
FROM staged CROSS JOIN LATERAL unnest(companion_roles(staged.known_companions)) AS gone (role)
WHERE staged.known_companions IS DISTINCT FROM staged.companions
  AND NOT EXISTS (
    SELECT FROM staged_companion AS other WHERE other.key = staged.key AND other.role = gone.role
  );

-- name: keep_deeper
-- Keep the content of an asset of which another datasource has read more, since the plan was made, than was read now.
UPDATE staged SET kept = true, depth = asset.depth, kind = asset.kind, media_type = asset.media_type,
  width = asset.width, height = asset.height, orientation = asset.orientation, digest = asset.digest,
  sample_digest = asset.sample_digest, placeholder = asset.placeholder, facts = asset.facts::text, version = asset.version,
  warnings = asset.warnings || ARRAY(SELECT warning FROM unnest(staged.warnings) AS warning WHERE warning <> ALL (asset.warnings))
FROM asset
WHERE staged.result = {result.processed} AND asset.id = staged.asset_id AND asset.depth < staged.depth
  AND asset.token = staged.token AND asset.size = staged.size;

-- name: mark_shallower
-- Of these assets less is read from now on. Other datasources that show them read them again if they read more.
UPDATE object SET depth = staged.depth
FROM staged
WHERE staged.result = {result.processed} AND NOT staged.fresh AND NOT staged.same AND object.asset_id = staged.asset_id
  AND object.datasource_id <> $1 AND object.depth < staged.depth;

-- name: assign_ids
-- Assign a new id to each decoded object without an asset.
UPDATE staged SET asset_id = nextval(pg_get_serial_sequence('asset', 'id')), fresh = true
WHERE result = {result.processed} AND asset_id IS NULL;

-- name: lock_for_merge
-- Current metadata of assets whose metadata file changed, locked against edits until the commit. An unusable file (it
-- exists, but could not be read) leaves the metadata unchanged. Only the datasource that governs an asset sets its
-- metadata.
SELECT asset.id, asset.metadata::text, asset.provenance::text,
  to_char(asset.merged_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"') AS merged_at,
  asset.edited, staged.config, file.content
FROM staged JOIN staged_companion AS file ON file.key = staged.key AND file.role = 'metadata'
  JOIN asset ON asset.id = staged.asset_id
WHERE NOT staged.fresh AND NOT staged.same AND (NOT file.same OR staged.op = {op.shared})
  AND staged.result IN ({result.processed}, {result.companions_only})
  AND (file.content IS NOT NULL OR file.companion_key IS NULL AND file.token IS NULL)
  AND asset.datasource_id = $1
ORDER BY asset.id FOR NO KEY UPDATE OF asset;

-- name: insert_assets
-- New assets, in key order.
INSERT INTO asset (id, datasource_id, key, name, token, size, modified, storage_class, kind, media_type, width, height,
  orientation, digest, sample_digest, placeholder, facts, version, depth, metadata, merged_at, warnings)
SELECT asset_id, $1, staged.key, coalesce(name, staged.key), staged.token, size, modified, storage_class, kind, media_type,
  width, height, orientation, digest, sample_digest, placeholder, coalesce(facts, '{}')::jsonb, version, coalesce(depth, 0),
  coalesce(file.content, '{}')::jsonb, CASE WHEN file.content IS NOT NULL THEN now() END, coalesce(warnings, '{}')
FROM staged LEFT JOIN staged_companion AS file ON file.key = staged.key AND file.role = 'metadata'
WHERE fresh ORDER BY staged.key;

-- name: drop_companions
-- Delete companions of the staged objects that no longer exist. The question whether there are any comes first: planned as
-- a part of the join, it would be asked after every staged object was joined with its asset.
DELETE FROM companion
USING staged JOIN staged_companion AS gone ON gone.key = staged.key JOIN asset ON asset.id = staged.asset_id
WHERE EXISTS (SELECT FROM staged_companion WHERE companion_key IS NULL AND token IS NULL)
  AND companion.asset_id = asset.id AND companion.role = gone.role
  AND gone.companion_key IS NULL AND gone.token IS NULL
  AND staged.result IN ({result.processed}, {result.companions_only}) AND NOT staged.same AND asset.datasource_id = $1;

-- name: store_companions
-- Store the companions of the staged objects as they were read. An unusable companion keeps its last content. A
-- companion with a token but no key was not requested: its content is kept.
INSERT INTO companion (asset_id, role, key, document)
SELECT DISTINCT ON (asset.id, read.role) asset.id, read.role, read.companion_key, read.document::json
FROM staged JOIN staged_companion AS read ON read.key = staged.key JOIN asset ON asset.id = staged.asset_id
WHERE read.companion_key IS NOT NULL
  AND staged.result IN ({result.processed}, {result.companions_only}) AND NOT staged.same AND asset.datasource_id = $1
ORDER BY asset.id, read.role, staged.key = asset.key DESC
ON CONFLICT (asset_id, role) DO UPDATE
SET key = excluded.key, document = coalesce(excluded.document, companion.document);

-- name: update_content
-- Update assets whose bytes changed under the same key: id, tags and values set by users are kept.
UPDATE asset SET name = CASE WHEN asset.datasource_id = $1 THEN coalesce(staged.name, asset.name) ELSE asset.name END, token = staged.token, size = staged.size, modified = staged.modified,
  storage_class = staged.storage_class, kind = staged.kind, media_type = staged.media_type, width = staged.width, height = staged.height,
  orientation = staged.orientation, digest = staged.digest, sample_digest = staged.sample_digest, placeholder = staged.placeholder,
  facts = coalesce(staged.facts, '{}')::jsonb, version = staged.version, depth = coalesce(staged.depth, 0), state = CASE WHEN asset.state = {asset.trash} AND staged.standing IS DISTINCT FROM {known.trashed} THEN {asset.trash} ELSE {asset.present} END,
  metadata = coalesce(merged.metadata::jsonb, asset.metadata),
  provenance = coalesce(merged.provenance::jsonb, asset.provenance),
  merged_at = CASE WHEN merged.asset_id IS NULL THEN asset.merged_at ELSE now() END,
  warnings = coalesce(staged.warnings, '{}'), updated = now()
FROM staged LEFT JOIN merged ON merged.asset_id = staged.asset_id
WHERE asset.id = staged.asset_id AND staged.result = {result.processed} AND NOT staged.fresh AND NOT staged.same;

-- name: update_companions
-- Update assets of which only companions were added, changed or removed.
UPDATE asset SET name = coalesce(staged.name, asset.name),
  metadata = coalesce(merged.metadata::jsonb, asset.metadata),
  provenance = coalesce(merged.provenance::jsonb, asset.provenance),
  merged_at = CASE WHEN merged.asset_id IS NULL THEN asset.merged_at ELSE now() END,
  state = CASE WHEN asset.state = {asset.trash} AND staged.standing IS DISTINCT FROM {known.trashed} THEN {asset.trash} ELSE {asset.present} END,
  warnings = coalesce(staged.warnings, '{}'), updated = now()
FROM staged LEFT JOIN merged ON merged.asset_id = staged.asset_id
WHERE asset.id = staged.asset_id AND staged.result = {result.companions_only} AND NOT staged.same AND asset.datasource_id = $1;

-- name: drop_file_tags
-- Remove the tags that the files of the staged objects no longer give, except those that somebody added as well.
DELETE FROM asset_tag USING staged JOIN asset ON asset.id = staged.asset_id
WHERE {rule.gives_tags} AND staged.result = {result.processed} AND NOT staged.same AND asset.datasource_id = $1
  AND asset_tag.asset_id = asset.id AND asset_tag.from_keywords AND NOT {rule.file_tags} @> to_jsonb(asset_tag.tag);

-- name: add_file_tags
-- Tag assets with the keywords and captions of the staged objects.
INSERT INTO asset_tag (tag, asset_id, from_keywords)
SELECT DISTINCT word COLLATE "C", asset.id, true
FROM staged JOIN asset ON asset.id = staged.asset_id CROSS JOIN LATERAL jsonb_array_elements_text({rule.file_tags}) AS word
WHERE {rule.gives_tags} AND staged.result = {result.processed} AND NOT staged.same AND asset.datasource_id = $1
ORDER BY 1, 2 ON CONFLICT DO NOTHING;

-- name: store_objects
-- Store the objects that the next pass compares with. Objects with temporary errors are not stored, so that they are
-- read again.
INSERT INTO object (datasource_id, state, size, asset_id, key, token, companions, reason, policies, depth)
SELECT $1, CASE WHEN result IN ({result.refused}, {result.rejected}) THEN {known.refused} ELSE {known.present} END, size,
  asset_id, key, token, companions, CASE WHEN result IN ({result.refused}, {result.rejected}) THEN reason END, policies, coalesce(depth, 0)
FROM staged
WHERE (result IN ({result.refused}, {result.rejected}) OR result IN ({result.processed}, {result.companions_only}) AND asset_id IS NOT NULL)
  AND NOT same
ORDER BY key
ON CONFLICT (datasource_id, key) DO UPDATE SET state = excluded.state, size = excluded.size,
  asset_id = excluded.asset_id, token = excluded.token, companions = excluded.companions, reason = excluded.reason,
  policies = excluded.policies, depth = excluded.depth, duplicate = NULL;

-- name: store_hashes
-- The hashes of images and videos that have a thumbnail, under the digest that names it. Equal bytes have one.
INSERT INTO picture_hash (digest, hash)
SELECT DISTINCT ON (name) name, picture_hash FROM (
  SELECT coalesce(digest, sample_digest) AS name, picture_hash FROM staged
  WHERE result = {result.processed} AND placeholder IS NOT NULL AND kind IN ('image', 'video') AND asset_id IS NOT NULL
    AND NOT kept
) AS pictures
WHERE name IS NOT NULL
ORDER BY name
ON CONFLICT (digest) DO NOTHING;

-- name: renew_hashes
-- Objects that were read again have new thumbnails: their hashes replace the former ones, and their vectors are computed
-- again if pictures are embedded, also where that failed. Equal bytes have one hash and one vector.
WITH pictures AS MATERIALIZED (
  SELECT DISTINCT ON (name) name, picture_hash FROM (
    SELECT coalesce(digest, sample_digest) AS name, picture_hash FROM staged
    WHERE result = {result.processed} AND placeholder IS NOT NULL AND kind IN ('image', 'video') AND asset_id IS NOT NULL
      AND NOT kept
  ) AS read
  WHERE name IS NOT NULL ORDER BY name
), renewed AS (
  UPDATE picture_hash SET hash = pictures.picture_hash FROM pictures
  WHERE picture_hash.digest = pictures.name AND picture_hash.hash IS DISTINCT FROM pictures.picture_hash
), tried AS (
  DELETE FROM likeness_failure WHERE digest IN (SELECT name FROM pictures)
)
INSERT INTO likeness_again (digest)
SELECT name FROM pictures WHERE EXISTS (SELECT FROM likeness_setting WHERE model IS NOT NULL)
ORDER BY name ON CONFLICT DO NOTHING;

-- name: record_processed
-- Record one outcome for each processed object: the first one that applies. A batch that is committed twice in a run is
-- recorded once.
WITH recorded AS (
  INSERT INTO outcome (run_id, key, kind, stage, reason, asset_id)
  SELECT $1, key,
    CASE
      WHEN op = {op.moved} AND asset_id IS NOT NULL THEN {outcome.moved}
      WHEN result = {result.skipped} THEN {outcome.skipped}
      WHEN result = {result.rejected} THEN {outcome.rejected}
      WHEN result IN ({result.refused}, {result.failed}, {result.gone}) OR asset_id IS NULL THEN {outcome.failed}
      WHEN same THEN {outcome.unchanged}
      WHEN fresh OR op IN ({op.new}, {op.shared}) AND known_state IS NULL THEN {outcome.new}
      WHEN op = {op.shared} THEN {outcome.changed}
      WHEN result = {result.processed} THEN {outcome.changed}
      ELSE companion_outcome
    END,
    stage, coalesce(reason, nullif(array_to_string(warnings, ' '), '')), asset_id
  FROM staged ORDER BY key
  ON CONFLICT (run_id, key) DO UPDATE SET kind = outcome.kind
  RETURNING kind
)
SELECT kind, count(*) FROM recorded GROUP BY kind;

-- name: record_moves
-- Moves with a companion that is still to be read are recorded after that.
WITH recorded AS (
  INSERT INTO outcome (run_id, key, kind, reason, asset_id)
  SELECT $1, key, CASE op WHEN {op.moved} THEN {outcome.moved} ELSE {outcome.new} END,
    'It was ' || old_key || CASE
      WHEN op <> {op.moved} THEN ', but another datasource keeps it as an asset of its own'
      WHEN rival_is_copy THEN ': its bytes have the same digest'
      ELSE ''
    END,
    asset_id
  FROM staged WHERE NOT differs ORDER BY key
  ON CONFLICT (run_id, key) DO UPDATE SET kind = outcome.kind
  RETURNING kind
)
SELECT kind, count(*) FROM recorded GROUP BY kind;

-- name: find_staged
-- The known object of each staged key.
UPDATE staged SET asset_id = known.asset_id, standing = known.state, reason = known.reason
FROM object AS known
WHERE known.datasource_id = $1 AND known.key = staged.key;

-- name: return_assets
-- Mark assets present whose object exists again, including those in the trash because their object had vanished.
UPDATE asset SET state = {asset.present}, updated = now()
FROM staged WHERE asset.id = staged.asset_id AND (asset.state = {asset.missing} OR asset.state = {asset.trash} AND staged.standing = {known.trashed});

-- name: return_objects
-- Mark objects present again, unchanged: what was refused or rejected (only that has a reason) still is. A companion that
-- is still to be read counts as unread until then.
UPDATE object SET state = CASE WHEN object.reason IS NULL THEN {known.present} ELSE {known.refused} END, companions = CASE
    WHEN staged.differs THEN companions_unread(
      object.companions, ARRAY(SELECT role FROM staged_companion AS other WHERE other.key = staged.key AND other.differs)
    )
    ELSE object.companions
  END
FROM staged WHERE object.datasource_id = $1 AND object.key = staged.key AND object.state IN ({known.vanished});

-- name: record_returns
-- Returned objects with a companion that is still to be read are recorded after that.
WITH recorded AS (
  INSERT INTO outcome (run_id, key, kind, reason, asset_id)
  SELECT $1, key, {outcome.unchanged}, 'It was missing and is back', asset_id
  FROM staged WHERE NOT differs ORDER BY key
  ON CONFLICT (run_id, key) DO UPDATE SET kind = outcome.kind
  RETURNING kind
)
SELECT kind, count(*) FROM recorded GROUP BY kind;

-- name: mark_assets_missing
-- Mark the assets of vanished keys missing, unless another object shows them.
UPDATE asset SET state = {asset.missing}, updated = now()
FROM staged
WHERE asset.id = staged.asset_id AND asset.state = {asset.present}
  AND NOT EXISTS (
    SELECT FROM object AS other
    WHERE other.asset_id = asset.id AND other.state IN ({known.standing})
  );

-- name: mark_objects_missing
-- Mark vanished keys that have an asset. Nothing is deleted. An asset that a user had moved to the trash stays there, and
-- may be purged now: the object's return does not restore it.
UPDATE object SET state = CASE WHEN asset.state = {asset.trash} THEN {known.kept} ELSE {known.missing} END
FROM staged JOIN asset ON asset.id = staged.asset_id
WHERE object.datasource_id = $1 AND object.key = staged.key
  AND object.state IN ({known.used})
  AND object.state <> CASE WHEN asset.state = {asset.trash} THEN {known.kept} ELSE {known.missing} END;

-- name: record_missing
-- Record every vanished key with an asset, including those that have been missing for some time.
WITH recorded AS (
  INSERT INTO outcome (run_id, key, kind, reason, asset_id)
  SELECT $1, staged.key, {outcome.missing}, CASE
      WHEN asset.state = {asset.present} THEN concat_ws('; ', reason, 'another datasource still shows it')
      ELSE reason
    END, asset_id
  FROM staged JOIN asset ON asset.id = staged.asset_id ORDER BY staged.key
  ON CONFLICT (run_id, key) DO UPDATE SET kind = outcome.kind
  RETURNING kind
)
SELECT kind, count(*) FROM recorded GROUP BY kind;

-- name: delete_objects_without_asset
-- Delete vanished keys that never had an asset.
DELETE FROM object USING staged
WHERE object.datasource_id = $1 AND object.key = staged.key AND object.asset_id IS NULL;

-- name: record_skipped
-- Record objects that are not read because of a rule, or because the same bytes were refused before.
WITH recorded AS (
  INSERT INTO outcome (run_id, key, kind, reason, asset_id)
  SELECT $1, key, {outcome.skipped}, coalesce(skip, reason), asset_id
  FROM staged ORDER BY key
  ON CONFLICT (run_id, key) DO UPDATE SET kind = outcome.kind
  RETURNING kind
)
SELECT kind, count(*) FROM recorded GROUP BY kind;
