-- name: lock_store
-- Serialize commits of datasources in one store, so that an object that two of them find becomes one asset.
SELECT pg_advisory_xact_lock(hashtext('mirrorlake.store' || current_schema()), hashtext(coalesce(store, id::text)))::text
FROM datasource WHERE id = $1;

-- name: lock_store_beside
-- Wait for such commits, and let them wait for this one, but not for others like it.
SELECT pg_advisory_xact_lock_shared(hashtext('mirrorlake.store' || current_schema()), hashtext(coalesce(store, id::text)))::text
FROM datasource WHERE id = $1;

-- name: lock_store_for_edit
-- The same lock for a change by a user.
SELECT pg_advisory_xact_lock(hashtext('mirrorlake.store' || current_schema()), hashtext(coalesce(store, id::text)))
FROM datasource WHERE id = %(datasource_id)s;

-- name: lock_store_of_asset
-- The same lock for the store of one asset.
SELECT pg_advisory_xact_lock(hashtext('mirrorlake.store' || current_schema()), hashtext(coalesce(datasource.store, datasource.id::text)))
FROM asset JOIN datasource ON datasource.id = asset.datasource_id WHERE asset.id = %(id)s;

-- name: siblings
-- The datasources that can also reach an object of this one.
SELECT sibling.datasource_id, sibling.strip, sibling.put
FROM datasource AS mine CROSS JOIN LATERAL siblings_of(mine.id, mine.uri, mine.access) AS sibling
WHERE mine.id = $1;

-- name: create_sibling
-- The table of those datasources, for the statements of one transaction.
CREATE TEMP TABLE IF NOT EXISTS sibling (datasource_id integer, strip text COLLATE "C", put text COLLATE "C")
ON COMMIT DELETE ROWS;

-- name: any_sibling
-- Whether another datasource can reach an object of this one; the id of a datasource that is not stored is 0.
SELECT FROM siblings_of(%(datasource_id)s::integer, %(uri)s, %(access)s::jsonb) LIMIT 1;

-- name: match_shared_changes
-- The changes that need no reading, or a different one, because other datasources reach the same objects: SHARED if an
-- asset already has exactly these bytes and was read as deep (unless `reads_itself`), GOVERNED if only a companion changed and another datasource governs the asset.
-- `governs`: our companions apply from now on; `companions` are those that were read last.
WITH sibling AS MATERIALIZED (
  SELECT * FROM siblings_of(%(datasource_id)s::integer, %(uri)s, %(access)s::jsonb)
), evaluated AS (
  SELECT asked.place, asked.op,
    asset.token = asked.token AND asset.size = asked.size AND asset.depth <= %(depth)s AS same_bytes,
    elder.id IS NULL OR %(datasource_id)s::integer BETWEEN 1 AND elder.id AS governs,
    asset.datasource_id = %(datasource_id)s::integer AS governed, governing.companions
  FROM unnest(
    %(ops)s::smallint[], %(keys)s::text[], %(tokens)s::text[], %(sizes)s::bigint[]
  ) WITH ORDINALITY AS asked (op, key, token, size, place)
  CROSS JOIN LATERAL (
    SELECT found.asset_id FROM (
      SELECT object.asset_id, 0 AS rank FROM object
      WHERE object.datasource_id = %(datasource_id)s::integer AND object.key = asked.key COLLATE "C"
      UNION ALL
      SELECT object.asset_id, sibling.datasource_id
      FROM sibling JOIN object ON object.datasource_id = sibling.datasource_id
        AND object.key = (sibling.put || substr(asked.key, length(sibling.strip) + 1)) COLLATE "C"
      WHERE starts_with(asked.key, sibling.strip)
    ) AS found WHERE found.asset_id IS NOT NULL ORDER BY found.rank LIMIT 1
  ) AS shown
  JOIN asset ON asset.id = shown.asset_id
  LEFT JOIN object AS governing ON governing.datasource_id = asset.datasource_id AND governing.key = asset.key
  CROSS JOIN LATERAL (
    SELECT min(object.datasource_id) AS id FROM object
    WHERE object.asset_id = asset.id AND object.datasource_id <> %(datasource_id)s::integer AND object.state IN ({known.standing})
  ) AS elder
)
SELECT (place - 1)::integer,
  CASE WHEN op = {op.companion} THEN {op.governed} WHEN op = {op.returned} THEN {op.returned} ELSE {op.shared} END AS op,
  governs, companions
FROM evaluated
WHERE op IN ({op.new}, {op.changed}) AND same_bytes AND NOT %(reads_itself)s OR op = {op.companion} AND NOT governs AND NOT governed
  OR op = {op.returned} AND governs AND NOT governed;

-- name: find_shared
-- The asset that another datasource has for a staged object; if there are several, that of the oldest datasource.
UPDATE staged SET asset_id = found.asset_id, standing = found.state
FROM (
  SELECT DISTINCT ON (staged.key) staged.key, object.asset_id, object.state
  FROM staged JOIN sibling ON starts_with(staged.key, sibling.strip)
  JOIN object ON object.datasource_id = sibling.datasource_id
    AND object.key = sibling.put || substr(staged.key, length(sibling.strip) + 1)
  WHERE staged.asset_id IS NULL AND object.asset_id IS NOT NULL AND (staged.result = {result.processed} OR staged.op = {op.shared})
  ORDER BY staged.key, sibling.datasource_id
) AS found
WHERE found.key = staged.key;

-- name: verify_shared
-- Discard a shared asset whose bytes have changed since the plan was made: the next pass reads the object.
UPDATE staged SET asset_id = NULL
FROM asset
WHERE staged.op = {op.shared} AND asset.id = staged.asset_id AND (asset.token <> staged.token OR asset.size <> staged.size);

-- name: store_shared
-- Store objects whose bytes or companions another datasource read. If this datasource has become the governing one
-- since the plan was made, its companions were not read: those that were read last still apply.
INSERT INTO object (datasource_id, state, size, asset_id, key, token, companions, depth)
SELECT $1, {known.present}, size, asset_id, key, token, companions,
  (SELECT asset.depth FROM asset WHERE asset.id = staged.asset_id)
FROM staged WHERE op IN ({op.shared}, {op.governed}) AND asset_id IS NOT NULL ORDER BY key
ON CONFLICT (datasource_id, key) DO UPDATE SET companions = (
    SELECT CASE WHEN asset.datasource_id = $1 THEN object.companions ELSE excluded.companions END
    FROM asset WHERE asset.id = excluded.asset_id
  ), state = excluded.state, size = excluded.size, asset_id = excluded.asset_id, token = excluded.token, reason = NULL, policies = NULL,
  depth = excluded.depth, duplicate = NULL;

-- name: rename_shared
-- The datasource that governs an asset sets its name.
UPDATE asset SET name = staged.name, updated = now()
FROM staged
WHERE staged.op = {op.shared} AND asset.id = staged.asset_id AND asset.datasource_id = $1 AND asset.name <> staged.name;

-- name: govern_staged
-- The oldest datasource that shows an asset governs it. A datasource that becomes the governing one reads its
-- companions in its next pass if they differ from those that were read last; if the row of the former governing
-- datasource no longer exists, the companions of the asset are compared. This also applies to this datasource if its
-- commit read nothing (no result): its plan assumed that another datasource still governs.
WITH heir AS (
  SELECT DISTINCT ON (asset.id) asset.id, object.datasource_id, object.key, object.companions,
    asset.datasource_id AS former, asset.key AS former_key,
    companion_roles(object.companions) || ARRAY(
      SELECT role FROM companion WHERE companion.asset_id = asset.id AND companion.key IS NOT NULL
    ) AS roles,
    staged.op IN ({op.returned}, {op.shared}, {op.governed}) AND staged.result IS NULL AS unread_here
  FROM staged JOIN asset ON asset.id = staged.asset_id JOIN object ON object.asset_id = asset.id
  WHERE object.state IN ({known.standing})
  ORDER BY asset.id, object.datasource_id, object.key = asset.key DESC, object.key
), unread AS (
  UPDATE object SET companions = companions_unread(object.companions, heir.roles)
  FROM heir
  WHERE object.datasource_id = heir.datasource_id AND object.key = heir.key AND heir.roles <> '{}'
    AND heir.datasource_id <> heir.former AND (heir.datasource_id <> $1 OR heir.unread_here)
    AND NOT EXISTS (
      SELECT FROM object AS before
      WHERE before.datasource_id = heir.former AND before.key = heir.former_key
        AND before.companions IS NOT DISTINCT FROM heir.companions
    )
)
UPDATE asset SET datasource_id = heir.datasource_id, key = heir.key
FROM heir
WHERE asset.id = heir.id AND (asset.datasource_id, asset.key) IS DISTINCT FROM (heir.datasource_id, heir.key);

-- name: govern_restored
-- The oldest datasource that shows a restored asset governs it.
UPDATE asset SET datasource_id = heir.datasource_id, key = heir.key
FROM (
  SELECT datasource_id, key FROM object WHERE asset_id = %(id)s AND state IN ({known.standing}) ORDER BY datasource_id, key LIMIT 1
) AS heir
WHERE asset.id = %(id)s AND asset.datasource_id <> heir.datasource_id;

-- name: drop_moved
-- Delete vanished keys of assets that this datasource shows under another key: another datasource detected the move.
DELETE FROM object USING staged
WHERE object.datasource_id = $1 AND object.key = staged.key
  AND EXISTS (
    SELECT FROM object AS now
    WHERE now.asset_id = object.asset_id AND now.datasource_id = object.datasource_id AND now.key <> object.key
      AND now.state IN ({known.standing})
  );

-- name: find_rivals
-- Find assets that other datasources created from an object that is moved here.
UPDATE staged SET rival = found.asset_id
FROM (
  SELECT DISTINCT ON (staged.key) staged.key, object.asset_id
  FROM staged JOIN sibling ON starts_with(staged.key, sibling.strip)
  JOIN object ON object.datasource_id = sibling.datasource_id
    AND object.key = sibling.put || substr(staged.key, length(sibling.strip) + 1)
  WHERE staged.op = {op.moved} AND staged.asset_id IS NOT NULL AND object.asset_id <> staged.asset_id
    AND object.token = staged.token AND object.size = staged.size  -- not an earlier object under that key
  ORDER BY staged.key, sibling.datasource_id
) AS found
WHERE found.key = staged.key;

-- name: lock_moves
-- Moved assets and their rivals, locked against edits of a rival meanwhile.
SELECT count(*) FROM (
  SELECT FROM asset WHERE id IN (SELECT asset_id FROM staged UNION ALL SELECT rival FROM staged) ORDER BY id FOR UPDATE
) AS locked;

-- name: keep_rivals
-- Keep a rival that users have edited as a separate asset: the object then belongs to it and is not moved.
UPDATE staged SET op = {op.shared}, asset_id = rival
FROM asset
WHERE asset.id = staged.rival AND {rule.worked_on};

-- name: join_rivals
-- Merge all other rivals with the moved asset. An older datasource keeps governing, and reads its companions again if
-- they differ from those of the moved asset.
UPDATE object SET asset_id = staged.asset_id,
  companions = CASE
    WHEN object.datasource_id < $1 AND object.companions IS DISTINCT FROM staged.known_companions THEN companions_unread(
      object.companions, companion_roles(object.companions) || companion_roles(staged.known_companions)
    )
    ELSE object.companions
  END
FROM staged
WHERE staged.op = {op.moved} AND object.asset_id = staged.rival;

-- name: rename_joined
-- Use the name that an older datasource gave.
UPDATE asset SET name = rival.name
FROM staged JOIN asset AS rival ON rival.id = staged.rival
WHERE staged.op = {op.moved} AND asset.id = staged.asset_id AND rival.datasource_id < $1;

-- name: delete_rivals
-- Delete rivals that no object refers to any more.
DELETE FROM asset USING staged WHERE staged.op = {op.moved} AND asset.id = staged.rival;

-- name: drop_moved_elsewhere
-- Delete the old keys of moved objects in other datasources that recorded them as vanished.
DELETE FROM object USING staged, sibling
WHERE staged.op = {op.moved} AND staged.asset_id IS NOT NULL AND starts_with(staged.old_key, sibling.strip)
  AND object.datasource_id = sibling.datasource_id
  AND object.key = sibling.put || substr(staged.old_key, length(sibling.strip) + 1)
  AND object.asset_id = staged.asset_id AND object.state IN ({known.missing}, {known.trashed});

-- name: record_shared
-- Record objects that were not read because another datasource read them.
WITH recorded AS (
  INSERT INTO outcome (run_id, key, kind, reason, asset_id)
  SELECT $1, key,
    CASE WHEN asset_id IS NULL THEN {outcome.failed} WHEN op = {op.governed} THEN {outcome.unchanged} WHEN known_state IS NULL THEN {outcome.new} ELSE {outcome.changed} END,
    CASE
      WHEN asset_id IS NULL THEN 'It changed during this run; the next run reads it'
      WHEN op = {op.governed} THEN 'An older datasource governs its metadata'
      ELSE 'Another datasource has already read it'
    END,
    asset_id
  FROM staged ORDER BY key
  ON CONFLICT (run_id, key) DO UPDATE SET kind = outcome.kind
  RETURNING kind
)
SELECT kind, count(*) FROM recorded GROUP BY kind;
