-- Own functions: what is called for assets and runs, and what came of each call.

CREATE TABLE function (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  source text,                               -- of Python: the file, so that every worker of the pool has it
  digest bytea,                              -- of the file
  entry text,                                -- the name of the callable in it
  url text,                                  -- of a webhook
  events text[] NOT NULL,                    -- model.functions.FunctionEvent
  query text NOT NULL,
  repeat text NOT NULL,                      -- model.functions.Repeat
  pool text NOT NULL,
  timeout_s integer NOT NULL,
  memory_mb integer NOT NULL,
  attempts smallint NOT NULL,
  paused boolean NOT NULL DEFAULT false,
  problem text,                              -- why it cannot be called at all
  not_before timestamptz NOT NULL DEFAULT now(), -- no job of it begins earlier
  created timestamptz NOT NULL DEFAULT now(),
  by text NOT NULL,
  planned timestamptz NOT NULL DEFAULT 'epoch', -- what changed before is in function_result
  swept timestamptz NOT NULL DEFAULT 'epoch', -- when all assets were compared
  CHECK ((source IS NULL) <> (url IS NULL))
);

-- What came of calling a function for an asset. `seen` is the change of the asset that it was called with, or one that
-- functions made since: another time in asset.updated is a change that it has not seen.
CREATE TABLE function_result (
  function_id integer NOT NULL REFERENCES function ON DELETE CASCADE,
  asset_id bigint NOT NULL REFERENCES asset ON DELETE CASCADE,
  event text NOT NULL,                       -- what it was or will be called for
  state text NOT NULL,                       -- model.functions.CallState
  attempts smallint NOT NULL DEFAULT 0,
  not_before timestamptz NOT NULL DEFAULT now(), -- of the next attempt
  seen timestamptz NOT NULL,
  trashed boolean NOT NULL DEFAULT false,    -- whether the asset was in the trash then
  error text,
  finished timestamptz,
  PRIMARY KEY (function_id, asset_id)
) WITH (fillfactor = 80);
CREATE INDEX function_result_waiting ON function_result (function_id, asset_id) WHERE state = 'waiting';
CREATE INDEX function_result_due ON function_result (function_id, not_before) WHERE state = 'waiting';
CREATE INDEX function_result_failed ON function_result (function_id, asset_id) WHERE error IS NOT NULL;
CREATE INDEX function_result_by_asset ON function_result (asset_id);

-- What came of calling a function for a run.
CREATE TABLE function_run (
  function_id integer NOT NULL REFERENCES function ON DELETE CASCADE,
  run_id bigint NOT NULL REFERENCES run ON DELETE CASCADE,
  state text NOT NULL,
  attempts smallint NOT NULL DEFAULT 0,
  not_before timestamptz NOT NULL DEFAULT now(),
  error text,
  finished timestamptz,
  PRIMARY KEY (function_id, run_id)
);
CREATE INDEX function_run_by_run ON function_run (run_id);

-- Of a change with values of its own for each asset: the keys that were set, one element for each id.
ALTER TABLE edit_change ADD COLUMN after jsonb;
