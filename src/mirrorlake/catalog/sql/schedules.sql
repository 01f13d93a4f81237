-- name: set_schedule
-- Set the schedule of a datasource; an unchanged schedule keeps its anchor and its next due time.
INSERT INTO schedule (datasource_id, said, timezone, anchor, next_due)
VALUES (%(datasource_id)s, %(text)s, %(timezone)s, %(anchor)s, %(next_due)s)
ON CONFLICT (datasource_id) DO UPDATE SET said = excluded.said, timezone = excluded.timezone,
  anchor = excluded.anchor, next_due = excluded.next_due
WHERE (schedule.said, schedule.timezone) IS DISTINCT FROM (excluded.said, excluded.timezone);

-- name: drop_schedule
-- Delete the schedule of a datasource: it is mirrored only on request.
DELETE FROM schedule WHERE datasource_id = %(datasource_id)s;

-- name: database_time
-- The current time of the database, which all processes of a library use.
SELECT now();

-- name: due_schedules
-- The due schedules, locked for the first worker that reads them, without those of datasources that are being deleted
-- or whose connection is broken: these remain due.
SELECT schedule.datasource_id, datasource.name, schedule.said, schedule.timezone, schedule.anchor
FROM schedule JOIN datasource ON datasource.id = schedule.datasource_id
WHERE schedule.next_due <= %(now)s AND datasource.deleted IS NULL AND NOT EXISTS (
  SELECT FROM connection WHERE connection.id = datasource.connection_id AND connection.paused IS NOT NULL)
ORDER BY schedule.next_due, schedule.datasource_id
FOR UPDATE OF schedule SKIP LOCKED FOR KEY SHARE OF datasource SKIP LOCKED;

-- name: set_next_due
-- Set the next due time of a schedule.
UPDATE schedule SET next_due = %(next_due)s WHERE datasource_id = %(datasource_id)s;

-- name: next_dues
-- The next due time of each datasource.
SELECT datasource_id, next_due FROM schedule WHERE next_due IS NOT NULL;
