-- name: set_schedule
-- Another schedule for a datasource; one that stays as it was keeps its anchor and when it is due.
INSERT INTO schedule (datasource_id, said, timezone, anchor, next_due)
VALUES (%(datasource_id)s, %(text)s, %(timezone)s, %(anchor)s, %(next_due)s)
ON CONFLICT (datasource_id) DO UPDATE SET said = excluded.said, timezone = excluded.timezone,
  anchor = excluded.anchor, next_due = excluded.next_due
WHERE (schedule.said, schedule.timezone) IS DISTINCT FROM (excluded.said, excluded.timezone);

-- name: drop_schedule
-- A datasource that is mirrored only when somebody asks for it.
DELETE FROM schedule WHERE datasource_id = %(datasource_id)s;

-- name: database_time
-- What time it is for everybody who works on this library.
SELECT now();

-- name: due_schedules
-- What is due, locked for whoever comes first. A datasource that is being deleted is left alone.
SELECT schedule.datasource_id, datasource.name, schedule.said, schedule.timezone, schedule.anchor
FROM schedule JOIN datasource ON datasource.id = schedule.datasource_id
WHERE schedule.next_due <= %(now)s AND datasource.deleted IS NULL
ORDER BY schedule.next_due, schedule.datasource_id
FOR UPDATE OF schedule SKIP LOCKED FOR KEY SHARE OF datasource SKIP LOCKED;

-- name: set_next_due
-- When a schedule is due again.
UPDATE schedule SET next_due = %(next_due)s WHERE datasource_id = %(datasource_id)s;

-- name: next_dues
-- When each datasource is due.
SELECT datasource_id, next_due FROM schedule WHERE next_due IS NOT NULL;
