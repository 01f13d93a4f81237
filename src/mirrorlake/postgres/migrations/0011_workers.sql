-- Who takes runs from the queue, and when each was last seen: a run that nobody will take must not wait without a word.

CREATE TABLE worker (
  id uuid PRIMARY KEY,                       -- of one process, made by itself
  host text NOT NULL,
  pid integer NOT NULL,
  began timestamptz NOT NULL DEFAULT now(),
  seen timestamptz NOT NULL DEFAULT now(),   -- renewed every few seconds, also while a pass is at work
  ended timestamptz                          -- when it said good-bye
);
