-- name: project_to_freeze
-- A project with its settings and number of assets.
SELECT project.id, project.name, project.split,
  (SELECT count(*) FROM project_asset WHERE project_asset.project_id = project.id)
FROM project WHERE project.name = %(name)s;

-- name: rows_to_freeze
-- The next assets of a project with all that a snapshot freezes, by id.
SELECT asset.id, member.split, asset.name, asset.key, source.uri, source.name, asset.kind, asset.media_type, asset.size,
  asset.width, asset.height, asset.token, asset.version, asset.digest, asset.state, asset.created, asset.updated,
  asset.modified, ARRAY(SELECT tag FROM asset_tag WHERE asset_tag.asset_id = asset.id ORDER BY tag),
  asset.metadata::text, asset.facts::text, asset.provenance::text,
  (SELECT json_agg(json_build_array(
      ontology.name, label_class.name, label_class.shape,
      CASE WHEN annotation.width IS NOT NULL
        THEN json_build_array(annotation.x, annotation.y, annotation.width, annotation.height) END,
      annotation.geometry, annotation.attributes, annotation.source, annotation.by, annotation.at
    ))::text
    FROM annotation JOIN label_class ON label_class.id = annotation.class_id
    JOIN ontology ON ontology.id = label_class.ontology_id WHERE annotation.asset_id = asset.id)
FROM (
  SELECT asset_id, split FROM project_asset
  WHERE project_id = %(project_id)s AND asset_id > %(after)s ORDER BY asset_id LIMIT %(rows)s
) AS member JOIN asset ON asset.id = member.asset_id JOIN datasource AS source ON source.id = asset.datasource_id
ORDER BY asset.id;

-- name: next_snapshot_number
-- Take the next number of a project, which stays until the end of the transaction.
UPDATE project SET snapshots = snapshots + 1 WHERE id = %(project_id)s RETURNING snapshots;

-- name: insert_snapshot
-- A new snapshot.
INSERT INTO snapshot (project_id, number, digest, assets, splits, classes, split, note, created_by)
VALUES (%(project_id)s, %(number)s, %(digest)s, %(assets)s, %(splits)s, %(classes)s, %(split)s, %(note)s, %(by)s)
RETURNING id;

-- name: insert_chunk
-- A chunk, which other snapshots may have already. It is locked against the deletion of those.
INSERT INTO snapshot_chunk (digest, content) VALUES (%(digest)s, %(content)s)
ON CONFLICT (digest) DO UPDATE SET digest = excluded.digest;

-- name: insert_parts
-- The chunks of a snapshot, in order.
INSERT INTO snapshot_part (snapshot_id, position, digest, first_asset, last_asset, assets)
SELECT %(snapshot_id)s, position, digest, first_asset, last_asset, assets
FROM unnest(%(digests)s::bytea[], %(firsts)s::bigint[], %(lasts)s::bigint[], %(assets)s::integer[])
  WITH ORDINALITY AS part (digest, first_asset, last_asset, assets, position);

-- name: snapshot_columns
-- Fragment: the columns of a Snapshot, for `snapshot_from_row`; a query continues with WHERE and ORDER BY.
SELECT project.name, snapshot.number, snapshot.digest, snapshot.assets, snapshot.splits, snapshot.classes, snapshot.split,
  snapshot.note, snapshot.created, snapshot.created_by, snapshot.id,
  (SELECT coalesce(sum(octet_length(snapshot_chunk.content)), 0)::bigint
   FROM snapshot_part JOIN snapshot_chunk ON snapshot_chunk.digest = snapshot_part.digest
   WHERE snapshot_part.snapshot_id = snapshot.id) AS bytes
FROM snapshot JOIN project ON project.id = snapshot.project_id;

-- name: snapshot_by_name
-- Fragment after snapshot_columns: one snapshot.
WHERE project.name = %(project)s AND snapshot.number = %(number)s;

-- name: snapshots_newest_first
-- Fragment after snapshot_columns: the newest snapshots, optionally of one project, older than a given one.
WHERE (%(project)s::text IS NULL OR project.name = %(project)s)
  AND (%(before)s::bigint IS NULL OR snapshot.id < %(before)s)
ORDER BY snapshot.id DESC LIMIT %(limit)s;

-- name: snapshots_at
-- Fragment after snapshot_columns: these snapshots, the newest first.
WHERE snapshot.id = ANY(%(places)s::integer[]) ORDER BY snapshot.id DESC;

-- name: parts_around_asset
-- The chunks between whose first and last asset an id lies, with the places of their snapshots, the newest first. Whether
-- they hold that asset only their content shows.
SELECT snapshot.id, snapshot_part.digest
FROM snapshot_part JOIN snapshot ON snapshot.id = snapshot_part.snapshot_id
JOIN project ON project.id = snapshot.project_id
WHERE snapshot_part.first_asset <= %(asset)s AND snapshot_part.last_asset >= %(asset)s
  AND (%(project)s::text IS NULL OR project.name = %(project)s)
  AND (%(before)s::bigint IS NULL OR snapshot.id < %(before)s)
ORDER BY snapshot.id DESC LIMIT %(rows)s;

-- name: snapshot_parts
-- The chunks of a snapshot, in order.
SELECT snapshot_part.digest, first_asset, last_asset, snapshot_part.assets
FROM snapshot_part JOIN snapshot ON snapshot.id = snapshot_part.snapshot_id
JOIN project ON project.id = snapshot.project_id
WHERE project.name = %(project)s AND snapshot.number = %(number)s ORDER BY position;

-- name: read_chunk
-- The Parquet file of a chunk.
SELECT content FROM snapshot_chunk WHERE digest = %(digest)s;

-- name: find_gone
-- Those of these frozen assets that are not in the library any more as they were frozen, with the reason.
SELECT frozen.id, CASE
    WHEN asset.id IS NULL THEN 'removed'
    WHEN asset.state = {asset.trash} THEN 'trash'
    WHEN asset.state = {asset.missing} THEN 'missing'
    ELSE 'replaced'
  END
FROM unnest(%(ids)s::bigint[], %(tokens)s::text[], %(digests)s::bytea[]) AS frozen (id, token, digest)
LEFT JOIN asset ON asset.id = frozen.id
WHERE asset.id IS NULL OR asset.state <> {asset.present}
  OR CASE WHEN frozen.digest IS NULL THEN asset.token <> frozen.token ELSE asset.digest IS DISTINCT FROM frozen.digest END;

-- name: list_chunks
-- The digests of all chunks.
SELECT digest FROM snapshot_chunk ORDER BY digest;

-- name: snapshots_with_chunks
-- The names of the snapshots that have one of these chunks.
SELECT DISTINCT project.name || '@' || snapshot.number
FROM snapshot_part JOIN snapshot ON snapshot.id = snapshot_part.snapshot_id
JOIN project ON project.id = snapshot.project_id WHERE snapshot_part.digest = ANY(%(digests)s::bytea[]) ORDER BY 1;

-- name: lock_snapshot
-- A snapshot that is changed or deleted.
SELECT snapshot.id, snapshot.assets FROM snapshot JOIN project ON project.id = snapshot.project_id
WHERE project.name = %(project)s AND snapshot.number = %(number)s FOR UPDATE OF snapshot;

-- name: note_snapshot
-- The note of a snapshot.
UPDATE snapshot SET note = %(note)s WHERE id = %(snapshot_id)s;

-- name: delete_snapshot
-- Delete a snapshot; its chunks are deleted by `delete_unused_chunks`.
DELETE FROM snapshot WHERE id = %(snapshot_id)s;
