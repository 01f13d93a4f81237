-- Companions: an asset may have several, each with a role (model.companions). What the last pass knew of them all is one
-- narrow text on the object; what was read of each is a row beside the asset.

-- One line a companion, in the order of the roles' names: role=size:token. See select.fingerprints.
-- The table is rewritten once, without the dead rows that an UPDATE leaves: passes read it whole, in key order.
ALTER TABLE object ALTER COLUMN sidecar_token TYPE text COLLATE "C" USING
  'metadata=' || CASE WHEN sidecar_token = '' THEN 0 ELSE coalesce(sidecar_size, 0) END || ':' || sidecar_token;
ALTER TABLE object RENAME COLUMN sidecar_token TO companions;
ALTER TABLE object DROP COLUMN sidecar_size;

-- What was read of each companion of an asset.
CREATE TABLE companion (
  asset_id bigint NOT NULL,
  role text COLLATE "C" NOT NULL,
  key text COLLATE "C",                  -- of the object; null where it is not listed any more, but stays as it was read
  document json,                         -- as it stood when it was read last; null where it could never be used
  PRIMARY KEY (asset_id, role)
);
INSERT INTO companion (asset_id, role, key, document)
SELECT id, 'metadata', sidecar_key, sidecar FROM asset WHERE sidecar_key IS NOT NULL OR sidecar IS NOT NULL ORDER BY id;
ALTER TABLE companion ADD FOREIGN KEY (asset_id) REFERENCES asset ON DELETE CASCADE;

ALTER TABLE asset DROP COLUMN sidecar_key, DROP COLUMN sidecar;
-- When metadata were merged last: keys without an entry in `provenance` came from the bucket then.
ALTER TABLE asset RENAME COLUMN sidecar_at TO merged_at;

-- The roles in a fingerprint.
CREATE FUNCTION companion_roles(companions text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ARRAY(SELECT split_part(entry, '=', 1) FROM regexp_split_to_table(companions, '\n') AS entry);

-- What a fingerprint says of one role: size:token. Null where it has none.
CREATE FUNCTION companion_of(companions text, role text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN substring(companions FROM '(?n)^' || role || '=(.*)$');

-- A fingerprint with these roles marked as known to be there, but not read: the next pass reads them.
CREATE FUNCTION companions_unread(companions text, roles text[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (
  SELECT string_agg(entry, E'\n' ORDER BY entry COLLATE "C") FROM (
    SELECT entry FROM regexp_split_to_table(companions, '\n') AS entry WHERE split_part(entry, '=', 1) <> ALL (roles)
    UNION
    SELECT role || '=0:' FROM unnest(roles) AS role
  ) AS entries
);
