-- Which model embeds pictures, and the models whose vectors are stored. The vectors of each model are in a table of its
-- own, `embedding_` and its id, which `catalog.embeddings` makes: its type is of the extension vector, which a library that
-- embeds nothing does not need.

CREATE TABLE likeness_setting (
  lone boolean PRIMARY KEY DEFAULT true CHECK (lone),
  model text                                 -- null, or no row: pictures are not embedded
);

CREATE TABLE embedding_model (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  dimensions integer NOT NULL,
  picture_cutoff real NOT NULL,
  text_cutoff real NOT NULL,
  complete boolean NOT NULL DEFAULT false    -- all pictures were embedded once: it answers searches
);
