-- name: likeness_model
-- The model that pictures are embedded with, and the pool of the workers that do it.
SELECT model, pool FROM likeness_setting;

-- name: set_likeness_model
-- Embed pictures with this model from now on; null: with none. The pool stays if it is null. A queued job moves to the pool.
WITH setting AS (
  INSERT INTO likeness_setting (model, pool) VALUES (%(model)s, coalesce(%(pool)s, 'default'))
  ON CONFLICT (lone) DO UPDATE SET model = excluded.model, pool = coalesce(%(pool)s, likeness_setting.pool)
  RETURNING pool
)
UPDATE job SET pool = setting.pool FROM setting
WHERE kind = 'likeness' AND state = 'queued' AND job.pool <> setting.pool;

-- name: add_embedding_model
-- Add a model, unless it is known.
INSERT INTO embedding_model (name, dimensions, picture_cutoff, text_cutoff)
VALUES (%(name)s, %(dimensions)s, %(picture_cutoff)s, %(text_cutoff)s) ON CONFLICT (name) DO NOTHING;

-- name: embedding_models
-- All models, and whether each has embedded all pictures once, the newest first.
SELECT id, name, dimensions, picture_cutoff, text_cutoff, complete FROM embedding_model ORDER BY id DESC;

-- name: complete_embedding_model
-- Let a model answer searches.
UPDATE embedding_model SET complete = true WHERE id = %(id)s;

-- name: delete_embedding_model
-- Forget a model.
DELETE FROM embedding_model WHERE id = %(id)s;

-- name: add_replaced_model
-- Remember that the vectors of a model were replaced by those of another one.
INSERT INTO replaced_model (name) VALUES (%(name)s) ON CONFLICT (name) DO NOTHING;

-- name: forget_replaced_model
-- A model answers searches again.
DELETE FROM replaced_model WHERE name = %(name)s;

-- name: store_picture_hashes
-- The hashes of pictures that had none.
INSERT INTO picture_hash (digest, hash)
SELECT digest, hash FROM unnest(%(digests)s::bytea[], %(hashes)s::bigint[]) AS found (digest, hash)
WHERE EXISTS (SELECT FROM asset WHERE asset.digest = found.digest)
  OR EXISTS (SELECT FROM asset WHERE asset.sample_digest = found.digest AND asset.digest IS NULL)
ON CONFLICT (digest) DO NOTHING;

-- name: likeness_due
-- Whether pictures are to be embedded, none are being embedded, and a job has changed assets since the last update began, it
-- failed an hour ago, or the model has never embedded all: at once after a success, such as of hashes alone or before a
-- restore, an hour after a failure, and not after a user cancelled it. Or the worker has the model with other weights, by
-- `name`, and these were never replaced. Transactions that began ten minutes before may have been invisible to it.
SELECT NOT EXISTS (
  SELECT FROM job WHERE kind = 'likeness' AND (
    state = 'queued' OR state = 'running' AND EXISTS (SELECT FROM lease WHERE lease.job_id = job.id AND expires > now())
  )
) AND (
  last.started IS NULL
  OR (SELECT max(updated) FROM asset) > last.started - interval '10 minutes' AND EXISTS (
    SELECT FROM job WHERE finished > last.started AND kind IN ('mirror', 'events', 'confirm', 'retry', 'thumbnails_make')
  )
  OR EXISTS (SELECT FROM likeness_failure) AND EXISTS (
    SELECT FROM job WHERE finished > last.started AND kind = 'thumbnails_make'
  )
  OR NOT EXISTS (SELECT FROM embedding_model WHERE complete AND regexp_replace(name, '-[^-]*$', '') = likeness_setting.model)
    AND (last.state = 'succeeded' OR last.cancel_requested IS NULL AND last.finished < now() - interval '1 hour')
  OR last.state = 'failed' AND last.finished < now() - interval '1 hour'
  OR %(name)s::text IS NOT NULL AND last.cancel_requested IS NULL AND last.finished < now() - interval '1 hour'
    AND NOT EXISTS (SELECT FROM embedding_model WHERE complete AND name = %(name)s)
    AND NOT EXISTS (SELECT FROM replaced_model WHERE name = %(name)s)
)
FROM likeness_setting LEFT JOIN LATERAL (
  SELECT started, finished, state, cancel_requested FROM job
  WHERE kind = 'likeness' AND state IN ('succeeded', 'failed', 'cancelled') ORDER BY finished DESC LIMIT 1
) AS last ON true
WHERE likeness_setting.model IS NOT NULL;

-- name: embed_again
-- Fragment after a WITH that names assets `chosen`: let their pictures be hashed and embedded again, also where that failed.
, named AS MATERIALIZED (
  SELECT DISTINCT {rule.thumbnail_name} AS digest FROM asset JOIN chosen ON chosen.id = asset.id
  WHERE placeholder IS NOT NULL AND kind IN ('image', 'video') AND {rule.thumbnail_name} IS NOT NULL
), tried AS (
  DELETE FROM likeness_failure WHERE digest IN (SELECT digest FROM named)
)
INSERT INTO likeness_again (digest) SELECT digest FROM named ORDER BY digest ON CONFLICT DO NOTHING;

-- name: drop_former_hashes
-- Delete the hashes that these replace.
DELETE FROM picture_hash WHERE digest IN (SELECT digest FROM likeness_again WHERE digest = ANY(%(digests)s::bytea[]));

-- name: end_embedding_again
-- These pictures have been hashed and embedded again, or could not be.
DELETE FROM likeness_again WHERE digest = ANY(%(digests)s::bytea[]);

-- name: forget_embedding_again
-- Forget pictures that no asset has any more, or whose asset has no thumbnail any more.
DELETE FROM likeness_again WHERE NOT EXISTS (
  SELECT FROM asset WHERE asset.digest = likeness_again.digest AND placeholder IS NOT NULL AND kind IN ('image', 'video')
) AND NOT EXISTS (
  SELECT FROM asset WHERE asset.sample_digest = likeness_again.digest AND asset.digest IS NULL
    AND placeholder IS NOT NULL AND kind IN ('image', 'video')
);

-- name: add_likeness_failures
-- Record pictures whose thumbnail is missing or damaged, or videos whose frames cannot be read.
INSERT INTO likeness_failure (digest, frames) SELECT unnest(%(digests)s::bytea[]), %(frames)s
ON CONFLICT (digest, frames) DO NOTHING;

-- name: forget_likeness_failures
-- Let pictures be tried again that failed before this was requested, or before thumbnails were made.
DELETE FROM likeness_failure
WHERE failed < greatest(%(requested)s::timestamptz, (SELECT max(finished) FROM job WHERE kind = 'thumbnails_make'));

-- name: index_is_valid
-- Whether an index is complete; no row without one.
SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%(name)s);

-- name: index_memory
-- Kilobytes in which an index of this size is built: as much as it needs, at most twice what the administrator gave to the
-- database's own cache, and half a gigabyte in any case.
SELECT greatest(524288, least(%(needed)s::bigint, 2 * 8 * setting::bigint)) FROM pg_settings WHERE name = 'shared_buffers';

-- name: extension_schema
-- The schema that an extension is in.
SELECT nspname::text FROM pg_extension JOIN pg_namespace AS space ON space.oid = extnamespace WHERE extname = %(name)s;
