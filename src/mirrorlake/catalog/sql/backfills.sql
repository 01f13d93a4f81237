-- name: backfill_position
-- The last asset that a change in the background has reached; no row if it is done, or if another process is at it.
SELECT after FROM backfill WHERE name = %(name)s FOR UPDATE SKIP LOCKED;

-- name: backfill_end
-- The last asset of those after a position of which at most %(most)s are changed at once; NULL if there is none.
SELECT max(id) FROM (SELECT id FROM asset WHERE id > %(after)s ORDER BY id LIMIT %(most)s) AS next_ones;

-- name: backfill_facts
-- Give images the fact of their orientation, and assets a list of keywords instead of one text.
UPDATE asset SET facts = facts
  || CASE WHEN kind = 'image' AND orientation IS NOT NULL AND NOT facts ? 'orientation'
    THEN jsonb_build_object('orientation', orientation) ELSE '{}' END
  || CASE WHEN jsonb_typeof(facts -> 'keywords') = 'string'
    THEN jsonb_build_object('keywords', string_to_array(facts ->> 'keywords', '; ')) ELSE '{}' END
WHERE id > %(after)s AND id <= %(end)s
  AND (kind = 'image' AND orientation IS NOT NULL AND NOT facts ? 'orientation' OR jsonb_typeof(facts -> 'keywords') = 'string');

-- name: move_backfill
-- Remember how far a change in the background has come.
UPDATE backfill SET after = %(end)s WHERE name = %(name)s;

-- name: end_backfill
-- A change in the background is done.
DELETE FROM backfill WHERE name = %(name)s;
