-- The references of annotations are checked once for each statement. Foreign keys would check every row, which was most
-- of the time of an import. `load.REFERENCES` names these references for restores.
ALTER TABLE annotation DROP CONSTRAINT annotation_asset_id_fkey, DROP CONSTRAINT annotation_class_id_fkey;

CREATE FUNCTION check_annotation_references() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  absent bigint;
BEGIN
  -- As by a foreign key, what is referred to stays until the end of the transaction.
  PERFORM FROM asset WHERE id IN (SELECT DISTINCT asset_id FROM added) ORDER BY id FOR KEY SHARE;
  PERFORM FROM label_class WHERE id IN (SELECT DISTINCT class_id FROM added) ORDER BY id FOR KEY SHARE;
  SELECT asset_id INTO absent FROM (SELECT DISTINCT asset_id FROM added) AS distinct_added
  WHERE NOT EXISTS (SELECT FROM asset WHERE asset.id = asset_id) LIMIT 1;
  IF FOUND THEN
    RAISE foreign_key_violation USING MESSAGE = format('the asset %s of an annotation does not exist', absent);
  END IF;
  SELECT class_id INTO absent FROM (SELECT DISTINCT class_id FROM added) AS distinct_added
  WHERE NOT EXISTS (SELECT FROM label_class WHERE label_class.id = class_id) LIMIT 1;
  IF FOUND THEN
    RAISE foreign_key_violation USING MESSAGE = format('the class %s of an annotation does not exist', absent);
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER annotation_inserted AFTER INSERT ON annotation REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION check_annotation_references();
CREATE TRIGGER annotation_updated AFTER UPDATE ON annotation REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION check_annotation_references();

CREATE FUNCTION delete_annotations_of_assets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM annotation WHERE asset_id IN (SELECT id FROM removed);
  RETURN NULL;
END
$$;
CREATE TRIGGER asset_annotations_deleted AFTER DELETE ON asset REFERENCING OLD TABLE AS removed
FOR EACH STATEMENT EXECUTE FUNCTION delete_annotations_of_assets();

CREATE FUNCTION refuse_deletion_of_used_class() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM removed JOIN annotation ON annotation.class_id = removed.id) THEN
    RAISE foreign_key_violation USING MESSAGE = 'a class with annotations cannot be deleted';
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER used_class_kept AFTER DELETE ON label_class REFERENCING OLD TABLE AS removed
FOR EACH STATEMENT EXECUTE FUNCTION refuse_deletion_of_used_class();
