-- Pools: a job names those workers that may take it, and a worker the pool that it belongs to.

ALTER TABLE job ADD COLUMN pool text NOT NULL DEFAULT 'default';
ALTER TABLE access.worker ADD COLUMN IF NOT EXISTS pool text NOT NULL DEFAULT 'default';
