-- How often the jobs of a function failed in a row: the wait for the next one grows with it.
ALTER TABLE function ADD COLUMN problems integer NOT NULL DEFAULT 0;
