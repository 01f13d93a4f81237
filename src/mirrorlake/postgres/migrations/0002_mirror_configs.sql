-- Settings are kept as people write them, with mirror configs in order; pattern files are remembered by their token.

UPDATE datasource SET settings = jsonb_strip_nulls(jsonb_build_object(
  'glob_patterns', settings -> 'globs',
  'listingOrdered', settings -> 'listing_ordered',
  'orphans', settings -> 'orphans'
));

-- The last content read of a text file in the source whose lines are globs.
CREATE TABLE glob_file (
  datasource_id integer NOT NULL REFERENCES datasource ON DELETE CASCADE,
  key text COLLATE "C" NOT NULL,
  size bigint NOT NULL,
  token text COLLATE "C" NOT NULL,
  content text NOT NULL,
  PRIMARY KEY (datasource_id, key)
);
