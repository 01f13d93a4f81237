-- Assets of any kind of media. What only images have is no longer demanded of other kinds.

-- A constant default: every image that is there gets its kind without a row being written.
ALTER TABLE asset ADD COLUMN kind text NOT NULL DEFAULT 'image'; -- model.media.MediaKind
ALTER TABLE asset ALTER COLUMN kind DROP DEFAULT;

ALTER TABLE asset
  ALTER COLUMN width DROP NOT NULL,       -- null for what is not seen, such as audio
  ALTER COLUMN height DROP NOT NULL,
  ALTER COLUMN orientation DROP NOT NULL, -- of images
  ALTER COLUMN placeholder DROP NOT NULL; -- null exactly where there is no thumbnail

-- NOT VALID: rows from before need no check (the columns could not be null), and checking them would hold a lock for long.
ALTER TABLE asset ADD CONSTRAINT image_has_pixels CHECK (
  kind <> 'image' OR (width IS NOT NULL AND height IS NOT NULL AND orientation IS NOT NULL AND placeholder IS NOT NULL)
) NOT VALID;
