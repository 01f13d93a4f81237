-- Files that users uploaded: where each was stored, what becomes of it, and the edit that follows its import.

CREATE TABLE upload (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  datasource_id integer NOT NULL REFERENCES datasource ON DELETE CASCADE,
  key text COLLATE "C" NOT NULL,
  name text NOT NULL,                    -- as it was uploaded
  size bigint NOT NULL,
  digest bytea NOT NULL,
  edit jsonb NOT NULL,                   -- model.edits.Edit
  workspace text NOT NULL,
  actor_kind text NOT NULL,              -- model.access.ActorKind
  actor text NOT NULL,
  created timestamptz NOT NULL DEFAULT now(),
  ended timestamptz,                     -- when it was imported, or could not be
  asset_id bigint,                       -- null: it was not imported
  error text
);
CREATE INDEX upload_waiting ON upload (datasource_id, key) WHERE ended IS NULL;
