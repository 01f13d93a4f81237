-- Objects that were refused for their size before parts of them were enough are considered again, once: no policies have
-- the fingerprint 0, so that they compare as changed. One that is still too large costs no request.
UPDATE object SET policies = 0
WHERE state = 2 AND policies IS NULL AND reason LIKE 'the object has % bytes; at most % MiB are read';
