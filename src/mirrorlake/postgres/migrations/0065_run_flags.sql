-- What a heartbeat knows besides being alive: how long ago the work last moved, and whether requests to the source are
-- being retried. Both end with the lease, because only a running job has them.
ALTER TABLE lease ADD COLUMN moved timestamptz NOT NULL DEFAULT now();
ALTER TABLE lease ADD COLUMN retrying boolean NOT NULL DEFAULT false;
