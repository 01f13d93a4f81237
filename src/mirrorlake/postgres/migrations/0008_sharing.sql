-- Datasources may reach one object: they share its asset. What says so is the place of their keys, worked out here.

-- file://, or scheme, bucket and server: within a store, equal full keys are one object. Null: nothing is shared.
CREATE FUNCTION store_of(of_uri text, of_access jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE split_part(of_uri, '://', 1)
  WHEN 'memory' THEN NULL
  WHEN 'file' THEN 'file'
  ELSE split_part(of_uri, '://', 1) || '://' || split_part(split_part(of_uri, '://', 2), '/', 1) || coalesce(
    '@' || nullif(
      -- One server is written in several ways. All regions of AWS share one space of bucket names.
      regexp_replace(
        regexp_replace(
          regexp_replace(lower(rtrim(of_access ->> 'endpoint', '/')), '^(https://.*):443$', '\1'), '^(http://.*):80$', '\1'
        ), '^https?://([^/]*\.)?amazonaws\.com$', ''
      ), ''
    ), ''
  )
END;

-- What stands before the keys of a datasource to make them full: the folder, percent-decoded; nothing in a bucket.
CREATE FUNCTION base_of(of_uri text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN of_uri LIKE 'file://%' THEN (
  SELECT convert_from(
    string_agg(
      CASE WHEN piece[1] LIKE '\%__' THEN decode(substr(piece[1], 2), 'hex') ELSE convert_to(piece[1], 'UTF8') END,
      ''::bytea ORDER BY place
    ), 'UTF8'
  ) FROM regexp_matches(rtrim(substr(of_uri, 8), '/') || '/', '%[0-9A-Fa-f]{2}|.', 'g') WITH ORDINALITY AS found (piece, place)
) ELSE '' END;

-- What the full keys of a datasource begin with.
CREATE FUNCTION reach_of(of_uri text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN base_of(of_uri) || CASE WHEN of_uri LIKE 'file://%' THEN '' ELSE regexp_replace(of_uri, '^[^:]*://[^/]*/?', '') END;

ALTER TABLE datasource
  ADD COLUMN store text GENERATED ALWAYS AS (store_of(uri, access)) STORED,
  ADD COLUMN base text GENERATED ALWAYS AS (base_of(uri)) STORED,
  ADD COLUMN reach text GENERATED ALWAYS AS (reach_of(uri)) STORED;

-- The other datasources that may reach an object of this one. A key here without its first part `strip` and with `put`
-- before it is the key there; one that does not begin with `strip` is not there.
CREATE FUNCTION siblings_of(self integer, of_uri text, of_access jsonb)
RETURNS TABLE (datasource_id integer, strip text, put text) LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT other.id,
    CASE WHEN starts_with(other.base, base_of(of_uri)) THEN substr(other.base, length(base_of(of_uri)) + 1) ELSE '' END,
    CASE WHEN starts_with(base_of(of_uri), other.base) THEN substr(base_of(of_uri), length(other.base) + 1) ELSE '' END
  FROM datasource AS other
  WHERE other.id <> self AND other.store = store_of(of_uri, of_access)
    AND (starts_with(other.reach, reach_of(of_uri)) OR starts_with(reach_of(of_uri), other.reach));
END;
