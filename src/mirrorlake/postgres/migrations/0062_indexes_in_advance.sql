-- Indexes that are made before a search needs them, for values that many assets have (plan.hot_indexes).
ALTER TABLE search_index ADD COLUMN in_advance boolean NOT NULL DEFAULT false;

-- Values whose index was made in advance and dropped since no search used it: it is not made in advance again.
CREATE TABLE search_index_declined (
  source text NOT NULL,
  key text COLLATE "C" NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (source, key)
);
