-- Text that was read in pictures, one row for each content, also for one that has no text or could not be read. The words
-- are made by model.picture_texts, not by a parser of PostgreSQL: those drop what looks like a tag, take paths and addresses
-- for one word, and depend on the locale of the database.
CREATE TABLE picture_text (
  digest bytea PRIMARY KEY,                  -- of the bytes: equal objects have one text
  text text NOT NULL DEFAULT '',             -- its lines
  words tsvector NOT NULL DEFAULT '',        -- with their positions
  shortened boolean NOT NULL DEFAULT false,  -- there is more text than is kept
  failure text,                              -- why it could not be read
  model text NOT NULL,                       -- what read it
  at timestamptz NOT NULL DEFAULT now(),
  again boolean NOT NULL DEFAULT false       -- a user wants it to be read again
);
CREATE INDEX picture_text_by_words ON picture_text USING gin (words);
