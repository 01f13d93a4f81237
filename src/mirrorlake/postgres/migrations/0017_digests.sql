-- Assets are found by the digest of their bytes: a copy of an object that is gone has the same. A hash index holds four
-- bytes a row instead of the digest.

CREATE INDEX asset_by_digest ON asset USING hash (digest);
