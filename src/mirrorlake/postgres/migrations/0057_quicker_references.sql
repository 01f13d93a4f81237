-- The references of annotations (0028) are collected in one look at the added rows, and each is looked up once.
CREATE OR REPLACE FUNCTION check_annotation_references() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  assets bigint[];
  classes integer[];
  locked bigint;
  absent bigint;
BEGIN
  SELECT array_agg(DISTINCT asset_id), array_agg(DISTINCT class_id) INTO assets, classes FROM added;
  -- As by a foreign key, what is referred to stays until the end of the transaction.
  PERFORM FROM asset WHERE id = ANY(assets) ORDER BY id FOR KEY SHARE;
  GET DIAGNOSTICS locked = ROW_COUNT;
  IF locked < cardinality(assets) THEN
    SELECT id INTO absent FROM unnest(assets) AS id WHERE NOT EXISTS (SELECT FROM asset WHERE asset.id = id.id) LIMIT 1;
    RAISE foreign_key_violation USING MESSAGE = format('the asset %s of an annotation does not exist', absent);
  END IF;
  PERFORM FROM label_class WHERE id = ANY(classes) ORDER BY id FOR KEY SHARE;
  GET DIAGNOSTICS locked = ROW_COUNT;
  IF locked < cardinality(classes) THEN
    SELECT id INTO absent FROM unnest(classes) AS id
    WHERE NOT EXISTS (SELECT FROM label_class WHERE label_class.id = id.id) LIMIT 1;
    RAISE foreign_key_violation USING MESSAGE = format('the class %s of an annotation does not exist', absent);
  END IF;
  RETURN NULL;
END
$$;
