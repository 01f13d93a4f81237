-- Searches find images by the orientation that is stored in the file, as by any other fact, and by each of their keywords,
-- which were one text.
UPDATE asset SET facts = facts
  || CASE WHEN kind = 'image' AND orientation IS NOT NULL AND NOT facts ? 'orientation'
    THEN jsonb_build_object('orientation', orientation) ELSE '{}' END
  || CASE WHEN jsonb_typeof(facts -> 'keywords') = 'string'
    THEN jsonb_build_object('keywords', string_to_array(facts ->> 'keywords', '; ')) ELSE '{}' END
WHERE kind = 'image' AND orientation IS NOT NULL AND NOT facts ? 'orientation' OR jsonb_typeof(facts -> 'keywords') = 'string';

-- Tags that assets have because their keywords name them, and nobody has added them.
ALTER TABLE asset_tag ADD COLUMN from_keywords boolean NOT NULL DEFAULT false;

-- Pictures whose hash and vectors somebody wants anew. Until then, searches find the former ones.
CREATE TABLE likeness_again (digest bytea PRIMARY KEY);  -- that names their thumbnail
