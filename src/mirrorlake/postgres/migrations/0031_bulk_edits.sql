-- Bulk edits: one row for each, the assets of its batches, and what each batch changed, by which it can be undone.

CREATE TABLE bulk_edit (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job_id bigint UNIQUE REFERENCES job ON DELETE SET NULL, -- null until its job begins
  workspace text NOT NULL,
  actor_kind text NOT NULL,              -- model.access.ActorKind
  actor text NOT NULL,
  created timestamptz NOT NULL DEFAULT now(),
  parts jsonb NOT NULL,                  -- model.bulk.EditPart: which assets, and what changes
  assets bigint,                         -- how many were selected; null: the selection has not ended
  undone_by bigint,                      -- the job that undoes it
  purged timestamptz                     -- when the data to undo it were deleted
);
CREATE INDEX bulk_edit_unpurged ON bulk_edit (created) WHERE purged IS NULL;

-- Some thousand assets of a bulk edit, in the order of their ids, committed as one transaction.
CREATE TABLE edit_batch (
  edit_id bigint NOT NULL REFERENCES bulk_edit ON DELETE CASCADE,
  number integer NOT NULL,
  part integer NOT NULL,                 -- position in bulk_edit.parts
  span int8range NOT NULL,               -- of the ids: finds the batches of one asset
  applied timestamptz,
  undone timestamptz,
  undo jsonb,                            -- what undoing it did, see catalog.undo
  changed integer,                       -- assets that it changed
  ids bigint[] NOT NULL,                 -- the selected assets; of an applied batch, see edit_change
  PRIMARY KEY (edit_id, number)
);
CREATE INDEX edit_batch_waiting ON edit_batch (edit_id, number) WHERE applied IS NULL;
CREATE INDEX edit_batch_by_span ON edit_batch USING gist (span);

-- One kind of change that a batch made: to which assets, and what was there before.
CREATE TABLE edit_change (
  edit_id bigint NOT NULL,
  number integer NOT NULL,
  kind text NOT NULL,                    -- model.bulk.ChangeKind
  name text COLLATE "C" NOT NULL,        -- of the tag or project; empty for metadata
  ids bigint[] NOT NULL,                 -- in order
  before jsonb,                          -- one element for each id, see sql/bulk_edits.sql; null: nothing, or purged
  sources jsonb,                         -- metadata: the provenance that the batch gave to the keys it set
  PRIMARY KEY (edit_id, number, kind, name),
  FOREIGN KEY (edit_id, number) REFERENCES edit_batch ON DELETE CASCADE
);

-- The bulk edit that added a tag or a member. Undoing it removes only these: not what somebody added again since.
ALTER TABLE asset_tag ADD COLUMN edit_id bigint;
ALTER TABLE project_asset ADD COLUMN edit_id bigint;
