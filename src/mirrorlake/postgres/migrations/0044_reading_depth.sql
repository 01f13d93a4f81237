-- Of large videos and documents, only parts are read: their content has no digest, and their thumbnail another name.

ALTER TABLE asset
  ALTER COLUMN digest DROP NOT NULL,  -- BLAKE3 of the whole object; null if it was not read whole
  ADD COLUMN sample_digest bytea;     -- of the parts that were read instead, which names the thumbnail

-- How much was read: model.looking.Depth. Less gives fewer facts, and no thumbnail.
ALTER TABLE asset ADD COLUMN depth smallint NOT NULL DEFAULT 0;
ALTER TABLE object ADD COLUMN depth smallint NOT NULL DEFAULT 0;
ALTER TABLE range_digest ADD COLUMN depth smallint NOT NULL DEFAULT 0; -- to which the objects were read at least

-- NOT VALID: rows from before comply with the stricter constraint that this one replaces.
ALTER TABLE asset DROP CONSTRAINT image_has_pixels;
ALTER TABLE asset ADD CONSTRAINT image_has_pixels CHECK (
  kind <> 'image' OR depth = 2 OR (
    width IS NOT NULL AND height IS NOT NULL AND orientation IS NOT NULL AND (depth = 1 OR placeholder IS NOT NULL)
  )
) NOT VALID;
