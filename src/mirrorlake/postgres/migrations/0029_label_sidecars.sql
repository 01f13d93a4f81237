-- Label sidecars: the label files of datasources, and the edits of users that they respect.

-- What the last pass knew of each label file. A label file of which no image is there yet is known as well.
CREATE TABLE label_file (
  datasource_id integer NOT NULL REFERENCES datasource ON DELETE CASCADE,
  unread boolean NOT NULL,                   -- its annotations are not, or not all, those of its assets
  changed boolean NOT NULL,                  -- its present content was never taken: `bucketWins` is about that only
  size bigint NOT NULL,
  key text COLLATE "C" NOT NULL,
  token text COLLATE "C" NOT NULL,           -- empty if it was never listed, but an image should have it
  PRIMARY KEY (datasource_id, key)
);
CREATE INDEX label_file_unread ON label_file (datasource_id, key) WHERE unread;

-- Which classes users edited on which assets: what `userWins` and `untilFirstChange` keep.
CREATE TABLE label_edit (
  asset_id bigint NOT NULL REFERENCES asset ON DELETE CASCADE,
  class_id integer NOT NULL REFERENCES label_class ON DELETE CASCADE,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (asset_id, class_id)
);
INSERT INTO label_edit (asset_id, class_id) SELECT DISTINCT asset_id, class_id FROM annotation WHERE source = 'user';

-- What the label files of a datasource were last read with (mirror.labels); another value makes all of them unread.
ALTER TABLE datasource ADD COLUMN labels_read_with text;
