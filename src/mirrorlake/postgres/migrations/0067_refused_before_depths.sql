-- Objects that were refused for their size or their pixels before it was recorded how they had been read: a header may be
-- enough for their facts. They are considered again, once: nothing has the fingerprint 0, so that they compare as changed.
UPDATE object SET policies = 0
WHERE state = 2 AND policies IS NULL AND (
  reason LIKE 'the object has % bytes; at most % MiB are read'
  OR reason LIKE 'the image is % pixels; at most % a side and % megapixels are decoded'
);
