-- name: record_activity
-- Record that a caller did something to some subjects.
INSERT INTO activity (workspace, actor_kind, actor, action, subject_kind, subject, details)
SELECT %(workspace)s, %(actor_kind)s, %(actor)s, %(action)s, %(subject_kind)s, subject, %(details)s
FROM unnest(%(subjects)s::text[]) AS subject;

-- name: list_activity
-- The changes in a workspace, newest first, optionally of one kind of subject or of one subject, older than `before`.
SELECT id, at, actor_kind, actor, action, subject_kind, subject, details FROM activity
WHERE workspace = %(workspace)s
  AND (%(kind)s::text IS NULL OR subject_kind = %(kind)s)
  AND (%(subject)s::text IS NULL OR subject = %(subject)s)
  AND (%(before)s::bigint IS NULL OR id < %(before)s)
ORDER BY id DESC LIMIT %(limit)s;
