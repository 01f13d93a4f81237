-- name: expire_answers
-- Delete some answers that are older than they are kept.
DELETE FROM stored_answer WHERE (caller, key) IN (
  SELECT caller, key FROM stored_answer
  WHERE created < clock_timestamp() - make_interval(hours => %(hours)s) LIMIT 1000
);

-- name: expire_answer_of_key
-- Delete the answer to this key if it is older than it is kept, or if its request never ended.
DELETE FROM stored_answer
WHERE caller = %(caller)s AND key = %(key)s
  AND (created < clock_timestamp() - make_interval(hours => %(hours)s)
    OR status IS NULL AND created < clock_timestamp() - make_interval(secs => %(pending_s)s));

-- name: limit_answers
-- Delete the oldest answers of a caller so that the next one is the last that is kept.
DELETE FROM stored_answer
WHERE caller = %(caller)s AND status IS NOT NULL AND created <= (
  SELECT created FROM stored_answer WHERE caller = %(caller)s
  ORDER BY created DESC OFFSET %(most)s - 1 LIMIT 1
);

-- name: claim_answer
-- Claim a key for a request; no row if the key is taken.
INSERT INTO stored_answer (caller, key, digest) VALUES (%(caller)s, %(key)s, %(digest)s)
ON CONFLICT DO NOTHING RETURNING created;

-- name: read_answer
-- The answer to a key.
SELECT digest, status, headers, body FROM stored_answer
WHERE caller = %(caller)s AND key = %(key)s;

-- name: store_answer
-- Store the answer to a claimed key.
UPDATE stored_answer SET status = %(status)s, headers = %(headers)s, body = %(body)s
WHERE caller = %(caller)s AND key = %(key)s AND created = %(claimed)s;

-- name: release_answer
-- Release a claimed key, so that its request can be repeated.
DELETE FROM stored_answer
WHERE caller = %(caller)s AND key = %(key)s AND created = %(claimed)s AND status IS NULL;
