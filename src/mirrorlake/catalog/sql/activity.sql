-- name: record_activity
-- Record that a caller did something to some subjects, or was refused it.
INSERT INTO activity (
  workspace, actor_kind, actor, action, subject_kind, subject, details, address, credential, refused
)
SELECT %(workspace)s, %(actor_kind)s, %(actor)s, %(action)s, %(subject_kind)s, subject, %(details)s, %(address)s,
  %(credential)s, %(refused)s
FROM unnest(%(subjects)s::text[]) AS subject;

-- name: list_activity
-- The activity in this workspace, whatever its name was, newest first, optionally of one kind of subject, one subject,
-- one actor or one action, in a range of time, older than `before`. Without `audit`, not what was refused.
SELECT id, at, actor_kind, actor, action, subject_kind, subject, details, address, credential, refused FROM activity
WHERE (%(kind)s::text IS NULL OR subject_kind = %(kind)s)
  AND (%(subject)s::text IS NULL OR subject = %(subject)s)
  AND (%(actor)s::text IS NULL OR actor = %(actor)s)
  AND (%(action)s::text IS NULL OR action = %(action)s)
  AND (%(refused)s::boolean IS NULL OR refused = %(refused)s)
  AND (%(since)s::timestamptz IS NULL OR at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR at < %(until)s)
  AND (%(audit)s::boolean OR NOT refused)
  AND (%(before)s::bigint IS NULL OR id < %(before)s)
ORDER BY id DESC LIMIT %(limit)s;
