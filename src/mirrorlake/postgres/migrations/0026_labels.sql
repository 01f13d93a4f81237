-- Labels: ontologies with their classes, and the annotations of assets.

CREATE TABLE ontology (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text COLLATE "C" NOT NULL UNIQUE,
  version integer NOT NULL DEFAULT 1,        -- grows with every change
  updated timestamptz NOT NULL DEFAULT now(),
  by text                                    -- who changed it last
);

CREATE TABLE label_class (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ontology_id integer NOT NULL REFERENCES ontology ON DELETE CASCADE,
  position integer NOT NULL,                 -- in the ontology
  name text COLLATE "C" NOT NULL,
  shape text NOT NULL,                       -- model.labels.Shape
  colour text NOT NULL,
  attributes jsonb NOT NULL DEFAULT '{}',
  external_ids jsonb NOT NULL DEFAULT '{}',
  UNIQUE (ontology_id, name)
);
CREATE INDEX label_class_by_name ON label_class (name);

-- Every version of an ontology as it was, so that an earlier one can be read again.
CREATE TABLE ontology_version (
  ontology_id integer NOT NULL REFERENCES ontology ON DELETE CASCADE,
  version integer NOT NULL,
  classes jsonb NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  by text,
  PRIMARY KEY (ontology_id, version)
);

CREATE TABLE annotation (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  asset_id bigint NOT NULL REFERENCES asset ON DELETE CASCADE,
  class_id integer NOT NULL REFERENCES label_class,
  -- The box around it, relative to the image; null for classifications. A box is nothing more.
  x double precision,
  y double precision,
  width double precision,
  height double precision,
  geometry jsonb,                            -- of other shapes, see labels.documents
  attributes jsonb NOT NULL DEFAULT '{}',
  source text NOT NULL,                      -- model.labels.AnnotationSource
  by text,                                   -- who made or imported it
  at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX annotation_by_asset ON annotation (asset_id, class_id);
CREATE INDEX annotation_by_class ON annotation (class_id, asset_id);
