-- How many assets outside the trash have each field (a metadata key, a fact, a tag, a kind, …) and each value of it.
-- Statements record what they change, so that writers wait for nobody; `catalog.field_counts` counts it later.

-- New assets that are not counted yet, in chunks: only their ids, since their present state is counted.
CREATE TABLE asset_added (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  assets integer NOT NULL,
  ids bigint[] NOT NULL
);

-- Assets as they were before a change. The first row of an asset that is not in `asset_added` is how it is counted.
CREATE TABLE asset_before (
  id bigint GENERATED ALWAYS AS IDENTITY,
  asset_id bigint NOT NULL,
  counted boolean NOT NULL,                  -- false: it was in the trash, the rest is null
  kind text, media_type text, size bigint, width integer, height integer,
  created timestamptz, modified timestamptz, facts jsonb, metadata jsonb
);
CREATE INDEX asset_before_by_asset ON asset_before (asset_id, id);

CREATE TABLE tag_change (
  asset_id bigint NOT NULL,
  change smallint NOT NULL,                  -- 1: added, -1: removed
  tag text COLLATE "C" NOT NULL
);
CREATE INDEX tag_change_by_asset ON tag_change (asset_id);

-- Locked by whoever counts; never has rows.
CREATE TABLE field_fold (
  lone boolean PRIMARY KEY
);

-- Fields as queries name them: `metadata.site`, `facts.iso`, `tag`, `kind`, `type`, `size`, `width`, `height`, `created`,
-- `modified`.
CREATE TABLE field_count (
  field text COLLATE "C" PRIMARY KEY,
  assets bigint NOT NULL,                    -- that have it; of `tag`: pairs of an asset and a tag
  numbers bigint NOT NULL,
  booleans bigint NOT NULL,
  dates bigint NOT NULL,                     -- texts that are ISO dates or times; other texts are the rest
  long_values bigint NOT NULL,               -- too long for `field_value`
  distinct_values bigint NOT NULL,           -- rows in `field_value`
  capped boolean NOT NULL                    -- there were too many values: `field_value` has only frequent ones
) WITH (fillfactor = 70);

CREATE TABLE field_value (
  field text COLLATE "C" NOT NULL,
  value text COLLATE "C" NOT NULL,           -- of numbers and booleans, as JSON writes them
  type "char" NOT NULL,                      -- t text, n number, b boolean
  assets bigint NOT NULL,
  PRIMARY KEY (field, value, type)
) WITH (fillfactor = 70);

-- Histograms: numbers by their first three digits, times by the UTC day.
CREATE TABLE field_bucket (
  field text COLLATE "C" NOT NULL,
  type "char" NOT NULL,                      -- n number, d day
  bucket double precision NOT NULL,          -- its lower end; of a day: days since 1970-01-01
  assets bigint NOT NULL,
  PRIMARY KEY (field, type, bucket)
) WITH (fillfactor = 70);

-- The bucket of a number: its first three digits, towards zero.
CREATE FUNCTION number_bucket(number double precision) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
  WHEN abs(number) < 1e-200 THEN 0
  -- Powers of ten are integers, thus exact or nearly so; the factor absorbs the rest, so that 0.29 is not 0.289.
  WHEN abs(number) >= 1000 THEN trunc(number / power(10::float8, floor(log(abs(number))) - 2) * (1 + 1e-11))
    * power(10::float8, floor(log(abs(number))) - 2)
  ELSE trunc(number * power(10::float8, 2 - floor(log(abs(number)))) * (1 + 1e-11))
    / power(10::float8, 2 - floor(log(abs(number))))
END;

-- State 2 is TRASH (model.assets.STATE_NUMBERS).
CREATE FUNCTION record_added_assets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO asset_added (assets, ids) SELECT count(*), array_agg(id) FROM changed GROUP BY id / 16384;
  RETURN NULL;
END
$$;
CREATE FUNCTION record_deleted_assets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO asset_before (asset_id, counted, kind, media_type, size, width, height, created, modified, facts, metadata)
  SELECT id, true, kind, media_type, size, width, height, created, modified, facts, metadata FROM before WHERE state <> 2;
  RETURN NULL;
END
$$;
CREATE FUNCTION record_changed_assets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO asset_before (asset_id, counted, kind, media_type, size, width, height, created, modified, facts, metadata)
  SELECT before.id, true, before.kind, before.media_type, before.size, before.width, before.height, before.created,
    before.modified, before.facts, before.metadata
  FROM before JOIN changed USING (id)
  WHERE before.state <> 2 AND (changed.state = 2 OR before.metadata <> changed.metadata OR before.facts <> changed.facts
    OR before.size <> changed.size OR before.kind <> changed.kind OR before.media_type <> changed.media_type
    OR before.modified IS DISTINCT FROM changed.modified OR before.width IS DISTINCT FROM changed.width
    OR before.height IS DISTINCT FROM changed.height OR before.created <> changed.created);
  INSERT INTO asset_before (asset_id, counted)
  SELECT before.id, false FROM before JOIN changed USING (id) WHERE before.state = 2 AND changed.state <> 2;
  RETURN NULL;
END
$$;
CREATE TRIGGER asset_fields_added AFTER INSERT ON asset REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION record_added_assets();
CREATE TRIGGER asset_fields_deleted AFTER DELETE ON asset REFERENCING OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION record_deleted_assets();
CREATE TRIGGER asset_fields_changed AFTER UPDATE ON asset REFERENCING OLD TABLE AS before NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION record_changed_assets();

CREATE FUNCTION record_added_tags() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO tag_change (asset_id, change, tag) SELECT asset_id, 1, tag FROM changed;
  RETURN NULL;
END
$$;
CREATE FUNCTION record_removed_tags() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO tag_change (asset_id, change, tag) SELECT asset_id, -1, tag FROM before;
  RETURN NULL;
END
$$;
CREATE FUNCTION record_changed_tags() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO tag_change (asset_id, change, tag)
  SELECT asset_id, -1, tag FROM before UNION ALL SELECT asset_id, 1, tag FROM changed;
  RETURN NULL;
END
$$;
CREATE TRIGGER tags_added AFTER INSERT ON asset_tag REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION record_added_tags();
CREATE TRIGGER tags_removed AFTER DELETE ON asset_tag REFERENCING OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION record_removed_tags();
CREATE TRIGGER tags_changed AFTER UPDATE ON asset_tag REFERENCING OLD TABLE AS before NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION record_changed_tags();

-- What is in the library already is counted like new assets.
INSERT INTO asset_added (assets, ids) SELECT count(*), array_agg(id) FROM asset GROUP BY id / 16384;
