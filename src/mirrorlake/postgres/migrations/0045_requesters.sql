-- Who requested a job, and from where: its changes are recorded as theirs.
ALTER TABLE job ADD COLUMN requester jsonb;  -- kind of the actor, address and credential; null: the command line or ourselves

-- Keys of requests belong to the workspace whose schema this is, whatever its name. Answers of a day need not survive.
DELETE FROM stored_answer;
ALTER TABLE stored_answer DROP COLUMN workspace;  -- and with it the primary key and an index
ALTER TABLE stored_answer ADD PRIMARY KEY (caller, key);
CREATE INDEX stored_answer_of_caller ON stored_answer (caller, created);
