-- What a label file costs: references of its rows are checked once for each statement instead of for each row, as those of
-- annotations are (0028). `load_rows.REFERENCES` names them for restores. None of them ever changes in a row.
ALTER TABLE label_file DROP CONSTRAINT label_file_datasource_id_fkey;
ALTER TABLE outcome DROP CONSTRAINT outcome_run_id_fkey;

CREATE FUNCTION check_label_file_references() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  datasources integer[];
  locked bigint;
BEGIN
  SELECT array_agg(datasource_id) INTO datasources FROM (SELECT DISTINCT datasource_id FROM added) AS each;
  -- As by a foreign key, what is referred to stays until the end of the transaction.
  PERFORM FROM datasource WHERE id = ANY(datasources) ORDER BY id FOR KEY SHARE;
  GET DIAGNOSTICS locked = ROW_COUNT;
  IF locked < cardinality(datasources) THEN
    RAISE foreign_key_violation USING MESSAGE = format('a datasource of label files does not exist, of %s', datasources);
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER label_file_inserted AFTER INSERT ON label_file REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION check_label_file_references();

CREATE FUNCTION delete_label_files_of_datasources() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM label_file WHERE datasource_id IN (SELECT id FROM removed);
  RETURN NULL;
END
$$;
CREATE TRIGGER datasource_label_files_deleted AFTER DELETE ON datasource REFERENCING OLD TABLE AS removed
FOR EACH STATEMENT EXECUTE FUNCTION delete_label_files_of_datasources();

CREATE FUNCTION check_outcome_references() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  runs bigint[];
  locked bigint;
BEGIN
  SELECT array_agg(run_id) INTO runs FROM (SELECT DISTINCT run_id FROM added) AS each;
  PERFORM FROM run WHERE id = ANY(runs) ORDER BY id FOR KEY SHARE;
  GET DIAGNOSTICS locked = ROW_COUNT;
  IF locked < cardinality(runs) THEN
    RAISE foreign_key_violation USING MESSAGE = format('a run of outcomes does not exist, of %s', runs);
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER outcome_inserted AFTER INSERT ON outcome REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION check_outcome_references();

CREATE FUNCTION delete_outcomes_of_runs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM outcome WHERE run_id IN (SELECT id FROM removed);
  RETURN NULL;
END
$$;
CREATE TRIGGER run_outcomes_deleted AFTER DELETE ON run REFERENCING OLD TABLE AS removed
FOR EACH STATEMENT EXECUTE FUNCTION delete_outcomes_of_runs();

-- Annotations are found by their asset or their class, never by their number alone; the sequence keeps numbers unique.
ALTER TABLE annotation DROP CONSTRAINT annotation_pkey;

-- As in 0057, but without sorting what is added: there are few distinct values.
CREATE OR REPLACE FUNCTION check_annotation_references() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  assets bigint[];
  classes integer[];
  locked bigint;
  absent bigint;
BEGIN
  SELECT array_agg(asset_id) INTO assets FROM (SELECT DISTINCT asset_id FROM added) AS each;
  SELECT array_agg(class_id) INTO classes FROM (SELECT DISTINCT class_id FROM added) AS each;
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
