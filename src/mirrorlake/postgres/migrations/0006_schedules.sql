-- Passes that nobody waits for: schedules put runs into the queue, people do too, and workers take them from it.

-- One row for each datasource that is mirrored by itself; `settings` of the datasource say the same.
CREATE TABLE schedule (
  datasource_id integer PRIMARY KEY REFERENCES datasource ON DELETE CASCADE,
  said text NOT NULL,                    -- as select.schedule reads it
  timezone text,                         -- of a cron expression
  anchor timestamptz NOT NULL,           -- when it was set: "every 6 hours" counts from here
  next_due timestamptz                   -- null: never again
);
CREATE INDEX schedule_by_due ON schedule (next_due);

-- A queued run has `started` when it was asked for; it gets its real one when it begins.
ALTER TABLE run ADD COLUMN attempt smallint;  -- of a run from the queue: 1, more where a worker died; null: not queued
CREATE UNIQUE INDEX run_queued ON run (datasource_id) WHERE state = 'queued';
CREATE INDEX run_at_work ON run (datasource_id) WHERE state = 'running';
CREATE INDEX run_by_end ON run (datasource_id, finished DESC) WHERE finished IS NOT NULL;
