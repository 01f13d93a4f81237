-- name: missing_texts
-- The next pictures of a datasource, by asset, that this model has not tried to read. Of equal contents, each is returned.
SELECT asset.id, asset.digest, asset.key, asset.token, asset.size FROM asset
WHERE asset.id > %(after)s AND asset.datasource_id = %(datasource_id)s AND asset.kind = 'image'
  AND asset.state = {asset.present} AND asset.digest IS NOT NULL AND asset.placeholder IS NOT NULL
  AND NOT EXISTS (
    SELECT FROM picture_text
    WHERE picture_text.digest = asset.digest AND coalesce(failed_model, model) = %(model)s AND NOT again
  )
ORDER BY asset.id LIMIT %(limit)s;

-- name: store_texts
-- Keep what was read of contents that an asset still has, in place of what was read before. A failure replaces no text.
INSERT INTO picture_text AS former (digest, text, words, shortened, failure, model)
SELECT digest, text, words::tsvector, shortened, failure, %(model)s
FROM unnest(%(digests)s::bytea[], %(texts)s::text[], %(words)s::text[], %(shortened)s::boolean[], %(failures)s::text[])
  AS found (digest, text, words, shortened, failure)
WHERE EXISTS (SELECT FROM asset WHERE asset.digest = found.digest)
ON CONFLICT (digest) DO UPDATE SET failure = excluded.failure, again = false,
  (text, words, shortened, model, at, failed_model) = (
    SELECT former.text, former.words, former.shortened, former.model, former.at, excluded.model
    WHERE excluded.failure IS NOT NULL AND former.text <> ''
    UNION ALL
    SELECT excluded.text, excluded.words, excluded.shortened, excluded.model, excluded.at, NULL
    WHERE excluded.failure IS NULL OR former.text = ''
  );

-- name: texts_wanted
-- The datasources of which the text in pictures is wanted, by name.
SELECT name FROM datasource WHERE deleted IS NULL AND settings @> '{"pictureText": true}' ORDER BY name;

-- name: text_wanted
-- Whether the text in pictures of a datasource is wanted.
SELECT EXISTS (
  SELECT FROM datasource WHERE id = %(datasource_id)s AND deleted IS NULL AND settings @> '{"pictureText": true}'
);

-- name: texts_due
-- The datasources in whose pictures text is to be read: it is wanted, it is not being read, and since the last job began a
-- run has changed assets, somebody has changed the datasource, or assets came back from the trash; an hour after a failure
-- in any case. Transactions that began ten minutes before may have been invisible to it.
SELECT datasource.id FROM datasource LEFT JOIN LATERAL (
  SELECT started, finished, state FROM job
  WHERE kind = 'picture_text' AND job.datasource_id = datasource.id AND state IN ('succeeded', 'failed', 'cancelled')
  ORDER BY finished DESC LIMIT 1
) AS last ON true
WHERE deleted IS NULL AND settings @> '{"pictureText": true}' AND NOT EXISTS (
  SELECT FROM job WHERE kind = 'picture_text' AND job.datasource_id = datasource.id AND (
    state = 'queued' OR state = 'running' AND EXISTS (SELECT FROM lease WHERE lease.job_id = job.id AND expires > now())
  )
) AND (
  last.started IS NULL
  OR (SELECT max(updated) FROM asset) > last.started - interval '10 minutes' AND EXISTS (
    SELECT FROM job
    WHERE job.datasource_id = datasource.id AND job.finished > last.started
      AND kind IN ('mirror', 'events', 'confirm', 'retry')
  )
  OR EXISTS (
    SELECT FROM activity WHERE at > last.started AND subject_kind = 'datasource' AND subject = datasource.name
  )
  OR EXISTS (
    SELECT FROM activity JOIN asset ON asset.id = CASE WHEN subject_kind = 'asset' THEN subject::bigint END
    WHERE activity.at > last.started AND action = 'restore' AND asset.datasource_id = datasource.id
  )
  OR EXISTS (
    SELECT FROM job LEFT JOIN bulk_edit ON bulk_edit.job_id = job.id
    WHERE job.finished > last.started AND (kind = 'undo' OR kind = 'edit' AND parts @> '[{"restore": true}]')
  )
  OR last.state = 'failed' AND last.finished < now() - interval '1 hour'
)
ORDER BY datasource.id;

-- name: read_texts_again
-- Fragment after a WITH that names assets `chosen`: let their text be read again. Until then, searches find the former one.
UPDATE picture_text SET again = true
WHERE NOT again AND digest IN (SELECT asset.digest FROM asset JOIN chosen ON chosen.id = asset.id);

-- name: delete_unused_texts
-- Among the next texts in the order of their digests, delete those of contents that no asset has any more. Returns how
-- many were deleted, and the last digest; null at the end.
WITH stretch AS (
  SELECT digest FROM picture_text WHERE digest > %(after)s ORDER BY digest LIMIT %(rows)s
), deleted AS (
  DELETE FROM picture_text USING stretch
  WHERE picture_text.digest = stretch.digest AND NOT EXISTS (SELECT FROM asset WHERE asset.digest = stretch.digest)
  RETURNING 1
)
SELECT (SELECT count(*) FROM deleted), (SELECT digest FROM stretch ORDER BY digest DESC LIMIT 1);
