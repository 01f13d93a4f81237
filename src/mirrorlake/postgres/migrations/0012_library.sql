-- Which library this is. Folders of thumbnails are marked with it, so that no library takes those of another for left over.

CREATE TABLE library (
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  lone boolean PRIMARY KEY DEFAULT true CHECK (lone) -- one row
);
INSERT INTO library DEFAULT VALUES;
