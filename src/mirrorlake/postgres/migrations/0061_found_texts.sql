-- Pictures with text are found without reading the texts, and a text stays when reading the picture again fails.
CREATE INDEX picture_text_with_text ON picture_text (digest) WHERE text <> '';
ALTER TABLE picture_text ADD COLUMN failed_model text; -- what could not read it later: the text is what `model` read
