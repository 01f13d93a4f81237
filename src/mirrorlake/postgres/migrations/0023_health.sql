-- Health of connections: when it was checked, and why the schedules of its datasources pause.

ALTER TABLE connection ADD COLUMN checked timestamptz;   -- null: never
ALTER TABLE connection ADD COLUMN paused text;           -- why schedules pause; null: they do not
