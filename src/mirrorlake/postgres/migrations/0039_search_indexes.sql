-- Searches of ten million assets: one index for filters that can be limited to ranges of ids, orders by name and key,
-- and how many assets each range of ids has.

-- Filters. The first column holds the asset's ranges of 2^16, 2^18, 2^20 and 2^22 ids (search.filters), so that a filter
-- can be asked for the newest assets first; the last one holds the folders of the key, the media type, the kind and the
-- datasource. All columns in one index: PostgreSQL intersects them before it reads an asset.
DROP INDEX asset_by_name;
DROP INDEX asset_by_metadata;
CREATE INDEX asset_by_filter ON asset USING gin (
  (ARRAY[(id >> 16 << 2)::integer, (id >> 18 << 2)::integer + 1, (id >> 20 << 2)::integer + 2,
    (id >> 22 << 2)::integer + 3]),
  metadata jsonb_path_ops,
  name gin_trgm_ops,
  (string_to_array(substring(key from '^(.*)/'), '/') || ARRAY[media_type, '/' || kind, '//' || datasource_id::text])
);

-- Orders, and keys that begin with a text.
CREATE INDEX asset_by_name ON asset (name COLLATE "C", id);
CREATE INDEX asset_by_key ON asset (key, id);
CREATE INDEX asset_missing ON asset (id) WHERE state = 1; -- MISSING (model.assets.STATE_NUMBERS): few, or an exception

-- The number of assets of each range of ids and their bytes, trash included, still as a sum of rows: a position in the
-- whole library is found without passing millions of assets. Changed bytes are counted in any range.
ALTER TABLE library_count ADD COLUMN block integer NOT NULL DEFAULT 0;
DELETE FROM library_count;
INSERT INTO library_count (block, assets, bytes) SELECT (id >> 16)::integer, count(*), sum(size) FROM asset GROUP BY 1;

CREATE OR REPLACE FUNCTION record_asset_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO library_count (block, assets, bytes)
  SELECT (id >> 16)::integer, count(*), sum(size) FROM changed GROUP BY 1;
  RETURN NULL;
END
$$;
CREATE OR REPLACE FUNCTION record_asset_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO library_count (block, assets, bytes)
  SELECT (id >> 16)::integer, -count(*), -sum(size) FROM before GROUP BY 1;
  RETURN NULL;
END
$$;
