-- Thumbnails in packs: objects of the library store with about a thousand thumbnails each. A thumbnail without a row may
-- still be a file of its own, as earlier versions stored it. Both tables can be rebuilt from the library store.
CREATE TABLE thumbnail_pack (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name bytea NOT NULL UNIQUE, -- of its object: 16 bytes
  thumbnails integer NOT NULL, -- that were written, used or not
  size bigint NOT NULL, -- bytes of the object
  created timestamptz NOT NULL DEFAULT now() -- before the object
);

CREATE TABLE thumbnail (
  digest bytea PRIMARY KEY, -- of the bytes that it shows, or of their sample
  pack_id bigint NOT NULL REFERENCES thumbnail_pack (id),
  start integer NOT NULL, -- of its record in the pack
  length integer NOT NULL -- bytes of the image
);
CREATE INDEX thumbnail_by_pack ON thumbnail (pack_id);

-- Which thumbnails no asset uses; the digests themselves have an index already.
CREATE INDEX asset_by_sample_digest ON asset USING hash (sample_digest) WHERE sample_digest IS NOT NULL;
