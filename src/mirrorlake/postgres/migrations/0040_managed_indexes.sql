-- Indexes on single values that searches need, made and dropped by mirrorlake itself (plan.hot_indexes).

CREATE TABLE search_index (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, -- the index in PostgreSQL is asset_search_ID
  source text NOT NULL,                -- model.search_indexes.IndexSource
  key text COLLATE "C" NOT NULL,
  state text NOT NULL,                 -- model.search_indexes.IndexState
  why text NOT NULL,
  error text,
  created timestamptz NOT NULL DEFAULT now(),
  built timestamptz,
  UNIQUE (source, key)
);

-- Searches that took long for want of an index, one row for each value that they needed; kept for a month.
CREATE TABLE search_use (
  source text NOT NULL,
  key text COLLATE "C" NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  seconds real NOT NULL
);
