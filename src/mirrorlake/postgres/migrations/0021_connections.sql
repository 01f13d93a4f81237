-- Connections: how to reach a cloud's storage, stored once. Secrets are encrypted; the key is not in the database.

CREATE TABLE connection (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  kind text NOT NULL,                          -- model.connections.ConnectionKind
  settings jsonb NOT NULL,                     -- model.connections.ConnectionSettings; never a secret
  external_id text NOT NULL UNIQUE,            -- made once, never changed
  secret_names text[] NOT NULL DEFAULT '{}',
  secret_references jsonb NOT NULL DEFAULT '{}', -- where secrets are stored that are not stored here
  sealed_key text,                             -- the data key, encrypted by a master key
  sealed text,                                 -- the secrets, encrypted by the data key
  trusted boolean NOT NULL,                    -- an operator chose its addresses
  role_proven boolean NOT NULL DEFAULT false,  -- its role was found to refuse callers without the ExternalId
  health jsonb,                                -- model.connections.Health
  created timestamptz NOT NULL DEFAULT now(),
  CHECK ((sealed IS NULL) = (sealed_key IS NULL))
);

CREATE FUNCTION refuse_change_of_external_id() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the external id of a connection is immutable';
END
$$;
CREATE TRIGGER external_id_immutable BEFORE UPDATE ON connection
FOR EACH ROW WHEN (OLD.external_id IS DISTINCT FROM NEW.external_id)
EXECUTE FUNCTION refuse_change_of_external_id();

-- A datasource never falls back to other credentials than those of its connection.
ALTER TABLE datasource ADD COLUMN connection_id integer REFERENCES connection;
CREATE INDEX datasource_by_connection ON datasource (connection_id);
