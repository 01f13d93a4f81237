-- Removals: what waits for a person's consent, what protects an asset, and which root of a folder may be believed.

ALTER TABLE datasource ADD COLUMN root text;           -- of a folder: device and inode of the root that passes saw
ALTER TABLE datasource ADD COLUMN deleted timestamptz; -- kept for its assets only; mirroring it again revives it

-- Removals that a run held back.
CREATE TABLE hold (
  run_id bigint PRIMARY KEY REFERENCES run ON DELETE CASCADE,
  reason text NOT NULL,
  count bigint NOT NULL,
  by_prefix jsonb NOT NULL,
  plan_hash text NOT NULL,               -- of the keys, see plan.guard.PlanHash
  root text,                             -- what the root of a folder was in that run; confirming adopts it
  confirmed_by bigint REFERENCES run ON DELETE SET NULL
);
CREATE INDEX hold_by_plan ON hold (plan_hash);

CREATE TABLE held_removal (
  run_id bigint NOT NULL REFERENCES hold ON DELETE CASCADE,
  key text COLLATE "C" NOT NULL,
  PRIMARY KEY (run_id, key)
);

-- A named set of assets. Being in one protects an asset from being removed for good.
CREATE TABLE project (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  created timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE project_asset (
  project_id integer NOT NULL REFERENCES project ON DELETE CASCADE,
  asset_id bigint NOT NULL REFERENCES asset,   -- no cascade: the database itself refuses to remove such an asset
  PRIMARY KEY (project_id, asset_id)
);
CREATE INDEX project_asset_by_asset ON project_asset (asset_id);
