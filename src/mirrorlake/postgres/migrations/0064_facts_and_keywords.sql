-- Searches find images by the orientation that is stored in the file, as by any other fact, and by each of their keywords,
-- which were one text. Assets that exist are changed in the background: all of them at once would write the whole table
-- again, in one transaction.
CREATE TABLE backfill (
  name text PRIMARY KEY,
  after bigint NOT NULL  -- the last asset that was changed
);
INSERT INTO backfill (name, after) SELECT 'facts', 0 WHERE EXISTS (SELECT FROM asset);

-- Tags that assets have because their keywords name them, and nobody has added them.
ALTER TABLE asset_tag ADD COLUMN from_keywords boolean NOT NULL DEFAULT false;

-- Pictures whose hash and vectors somebody wants anew. Until then, searches find the former ones.
CREATE TABLE likeness_again (digest bytea PRIMARY KEY);  -- that names their thumbnail
