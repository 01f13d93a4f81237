-- Who did what: one row for each change that a caller makes, written in the transaction of the change.

CREATE TABLE activity (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  workspace text NOT NULL,
  actor_kind text NOT NULL,              -- model.access.ActorKind
  actor text NOT NULL,                   -- the actor's name, as people know it
  action text NOT NULL,                  -- model.activity.Action
  subject_kind text NOT NULL,            -- model.activity.Subject
  subject text NOT NULL,                 -- an asset's id, or the name of a datasource or project
  details jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX activity_by_subject ON activity (subject_kind, subject, id DESC);
CREATE INDEX activity_by_time ON activity (at DESC);

CREATE FUNCTION refuse_change_of_activity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'activity is append-only';
END
$$;
CREATE TRIGGER activity_append_only BEFORE UPDATE OR DELETE ON activity
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_activity();
