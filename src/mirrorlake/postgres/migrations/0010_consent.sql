-- What became of removals that a run held back: told from the run that carried them out, and there from the run that held them.

ALTER TABLE run ADD COLUMN confirms bigint REFERENCES run ON DELETE SET NULL; -- the held run whose removals it carries out
CREATE INDEX run_by_confirmed ON run (confirms) WHERE confirms IS NOT NULL;
UPDATE run SET confirms = hold.run_id FROM hold WHERE hold.confirmed_by = run.id;
CREATE INDEX hold_by_confirming ON hold (confirmed_by) WHERE confirmed_by IS NOT NULL;

ALTER TABLE outcome ADD COLUMN held boolean NOT NULL DEFAULT false; -- its removal waited for consent when this was written
UPDATE outcome SET held = true WHERE kind = 'missing' AND reason LIKE 'Its removal waits for consent: %';
