-- Answers to requests with an Idempotency-Key, so that a repeated request is answered and not executed again.
CREATE TABLE stored_answer (
  workspace text COLLATE "C" NOT NULL,
  caller text COLLATE "C" NOT NULL,          -- kind and name of the actor: keys of different callers are unrelated
  key text COLLATE "C" NOT NULL,
  digest bytea NOT NULL,                     -- of method, address and body
  created timestamptz NOT NULL DEFAULT clock_timestamp(),
  status smallint,                           -- null while the first request is in progress
  headers jsonb,                             -- null if the answer was not kept, because it has a secret or is too large
  body bytea,
  PRIMARY KEY (workspace, caller, key)
);
CREATE INDEX stored_answer_created ON stored_answer (created);
CREATE INDEX stored_answer_of_caller ON stored_answer (workspace, caller, created);

-- For streams of changes: jobs that have not ended, and those that ended a moment ago.
CREATE INDEX job_by_end_of_all ON job (finished);
