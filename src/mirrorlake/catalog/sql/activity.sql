-- name: record_activity
-- Record that a caller did something to some subjects.
INSERT INTO activity (workspace, actor_kind, actor, action, subject_kind, subject, details)
SELECT %(workspace)s, %(actor_kind)s, %(actor)s, %(action)s, %(subject_kind)s, subject, %(details)s
FROM unnest(%(subjects)s::text[]) AS subject;
