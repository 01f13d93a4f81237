-- name: create_staged_label
-- Label files that are processed together. `reach` is the kind of `image`: select.label_names.Reach by its position.
CREATE TEMP TABLE IF NOT EXISTS staged_label (
  number integer, key text COLLATE "C", size bigint, token text COLLATE "C", image text COLLATE "C", reach smallint,
  fate smallint, reason text
) ON COMMIT DELETE ROWS;

-- name: create_label_content
-- Their annotations; `image` is the name of the image in its folder if a file is about several.
CREATE TEMP TABLE IF NOT EXISTS label_content (
  file integer, image text COLLATE "C", class_id integer, x float8, y float8, width float8, height float8, geometry text,
  attributes text
) ON COMMIT DELETE ROWS;

-- name: create_label_target
-- The assets of staged label files, with the keys of their objects and the names of these in their folders.
CREATE TEMP TABLE IF NOT EXISTS label_target (
  number integer, asset_id bigint, key text COLLATE "C", name text COLLATE "C", state smallint
) ON COMMIT DELETE ROWS;

-- name: create_label_kept
-- Classes of assets whose annotations stay as users left them; a null class means all.
CREATE TEMP TABLE IF NOT EXISTS label_kept (asset_id bigint, class_id integer) ON COMMIT DELETE ROWS;

-- name: known_label_files
-- The next known label files in byte order of their keys, as the diff compares them.
SELECT key, token, size FROM label_file
WHERE datasource_id = %(datasource_id)s AND key > %(after)s AND (%(until)s::text IS NULL OR key <= %(until)s) AND token <> ''
ORDER BY key LIMIT %(limit)s;

-- name: known_label_keys
-- Those of these label files that are known, in byte order.
SELECT key, token, size FROM label_file
WHERE datasource_id = %(datasource_id)s AND key = ANY(%(keys)s::text[]) AND token <> '' ORDER BY key;

-- name: unread_label_files
-- The next label files to read, in byte order.
SELECT key, size, token FROM label_file
WHERE datasource_id = %(datasource_id)s AND unread AND key > %(after)s ORDER BY key LIMIT %(limit)s;

-- name: labels_read_with
-- What the label files of a datasource were last read with.
SELECT labels_read_with FROM datasource WHERE id = %(datasource_id)s;

-- name: set_labels_read_with
-- Read all label files again, with something else.
UPDATE datasource SET labels_read_with = %(fingerprint)s WHERE id = %(datasource_id)s;

-- name: forget_labels_read
-- Mark all label files of a datasource unread.
UPDATE label_file SET unread = true WHERE datasource_id = %(datasource_id)s AND NOT unread;

-- name: mark_shared_labels_unread
-- Mark the label files of datasources unread that will govern assets of this one.
UPDATE label_file SET unread = true WHERE NOT unread AND datasource_id IN (
  SELECT DISTINCT other.datasource_id FROM object AS own JOIN object AS other ON other.asset_id = own.asset_id
  WHERE own.datasource_id = %(datasource_id)s AND other.datasource_id <> %(datasource_id)s
);

-- name: labelled_keys
-- The next keys of a datasource whose assets have annotations from label files, in byte order.
SELECT object.key FROM object
WHERE object.datasource_id = %(datasource_id)s AND object.key > %(after)s AND EXISTS (
  SELECT FROM annotation WHERE annotation.asset_id = object.asset_id AND annotation.source = 'bucket'
)
ORDER BY object.key LIMIT %(limit)s;

-- name: record_label_files
-- Store listed label files that are new or changed, to be read.
INSERT INTO label_file (datasource_id, key, size, token, unread, changed)
SELECT $1, key, size, token, true, true FROM staged_label ORDER BY key
ON CONFLICT (datasource_id, key)
DO UPDATE SET size = excluded.size, token = excluded.token, unread = true, changed = true;

-- name: touch_label_files
-- Mark the known ones of these label files unread, because an image appeared.
UPDATE label_file SET unread = true
WHERE datasource_id = $1 AND key = ANY(ARRAY(SELECT key FROM staged_label)) AND NOT unread;

-- name: expect_label_files
-- As `touch_label_files`, and note those that are not known if `image` has annotations of label files: unless the files
-- exist after all, these are removed.
INSERT INTO label_file (datasource_id, key, size, token, unread, changed)
SELECT DISTINCT $1::integer, staged.key, 0, '', true, true FROM staged_label AS staged
JOIN object ON object.datasource_id = $1 AND object.key = staged.image
WHERE EXISTS (SELECT FROM annotation WHERE annotation.asset_id = object.asset_id AND annotation.source = 'bucket')
ON CONFLICT (datasource_id, key) DO UPDATE SET unread = true;

-- name: label_images_present
-- Which of these images have an asset, by their numbers from 1. `reach` as in `staged_label`.
SELECT staged.number FROM jsonb_array_elements_text(%(images)s::jsonb) WITH ORDINALITY AS staged (image, number) CROSS JOIN LATERAL (
  SELECT FROM object WHERE %(reach)s = 0 AND datasource_id = %(datasource_id)s AND key = staged.image
    AND asset_id IS NOT NULL
  UNION ALL
  SELECT FROM object WHERE %(reach)s = 1 AND datasource_id = %(datasource_id)s AND key > staged.image || '.'
    AND key < staged.image || '/' AND asset_id IS NOT NULL
  UNION ALL
  SELECT FROM object WHERE %(reach)s = 2 AND datasource_id = %(datasource_id)s AND key > staged.image
    AND (staged.image = '' OR key < left(staged.image, -1) || '0') AND asset_id IS NOT NULL
  LIMIT 1
) AS found ORDER BY staged.number;

-- name: match_label_targets
-- Find the assets of the staged label files. Only the datasource that governs an asset labels it.
INSERT INTO label_target (number, asset_id, key, name, state)
SELECT staged.number, asset.id, object.key, substr(object.key, length(staged.image) + 1), object.state
FROM staged_label AS staged CROSS JOIN LATERAL (
  SELECT key, state, asset_id FROM object
  WHERE staged.reach = 0 AND object.datasource_id = $1 AND object.key = staged.image
  UNION ALL
  SELECT key, state, asset_id FROM object
  WHERE staged.reach = 1 AND object.datasource_id = $1
    AND object.key > staged.image || '.' AND object.key < staged.image || '/'
    AND substr(object.key, length(staged.image) + 2) !~ '[./]'
  UNION ALL
  SELECT key, state, asset_id FROM object
  WHERE staged.reach = 2 AND object.datasource_id = $1 AND starts_with(object.key, staged.image)
    AND object.key > staged.image
    AND (staged.image = '' OR object.key < left(staged.image, -1) || '0')
    AND strpos(substr(object.key, length(staged.image) + 1), '/') = 0
) AS object JOIN asset ON asset.id = object.asset_id AND asset.datasource_id = $1
WHERE staged.fate = 0;

-- name: label_picture_sizes
-- The sizes of the assets of these label files, by the numbers of the files from 1, with the names of their objects in
-- their folders. `reach` as in `staged_label`; the conditions are those of `match_label_targets`.
SELECT staged.number, substr(object.key, length(staged.image) + 1), asset.width, asset.height, asset.orientation
FROM jsonb_array_elements_text(%(images)s::jsonb) WITH ORDINALITY AS staged (image, number) CROSS JOIN LATERAL (
  SELECT key, asset_id FROM object
  WHERE %(reach)s = 0 AND object.datasource_id = %(datasource_id)s AND object.key = staged.image
  UNION ALL
  SELECT key, asset_id FROM object
  WHERE %(reach)s = 1 AND object.datasource_id = %(datasource_id)s
    AND object.key > staged.image || '.' AND object.key < staged.image || '/'
    AND substr(object.key, length(staged.image) + 2) !~ '[./]'
  UNION ALL
  SELECT key, asset_id FROM object
  WHERE %(reach)s = 2 AND object.datasource_id = %(datasource_id)s AND starts_with(object.key, staged.image)
    AND object.key > staged.image
    AND (staged.image = '' OR object.key < left(staged.image, -1) || '0')
    AND strpos(substr(object.key, length(staged.image) + 1), '/') = 0
) AS object JOIN asset ON asset.id = object.asset_id AND asset.datasource_id = %(datasource_id)s
WHERE asset.width > 0 AND asset.height > 0;

-- name: drop_vanished_targets
-- Leave out assets whose object is not there any more, also while their removal is held: they keep their labels.
DELETE FROM label_target WHERE state <> {known.present} OR EXISTS (
  SELECT FROM outcome WHERE outcome.run_id = $1 AND outcome.key = label_target.key
    AND (outcome.kind IN ({outcome.missing}, {outcome.removed}) OR outcome.held IS TRUE)
);

-- name: targeted_label_files
-- The staged label files that have one of these assets, in byte order, and what the guard counts for each: the file, or
-- for a file of a folder its labelled assets that were there before this run.
SELECT staged.key, CASE WHEN staged.reach = 2 THEN count(DISTINCT target.asset_id) FILTER (
  WHERE staged.reach = 2
    AND EXISTS (SELECT FROM annotation WHERE annotation.asset_id = target.asset_id AND annotation.source = 'bucket')
    AND NOT EXISTS (
      SELECT FROM outcome WHERE outcome.run_id = $1 AND outcome.key = target.key AND outcome.kind = {outcome.new}
    )
) ELSE count(DISTINCT staged.key) END AS counted
FROM label_target AS target JOIN staged_label AS staged ON staged.number = target.number
GROUP BY staged.key, staged.reach ORDER BY staged.key;

-- name: count_label_files
-- How many label files are known in each folder directly below the prefix; '' counts those in no folder.
SELECT CASE WHEN strpos(rest, '/') > 0 THEN split_part(rest, '/', 1) || '/' ELSE '' END AS folder, count(*)
FROM label_file CROSS JOIN LATERAL (SELECT substr(key, %(start)s)) AS below (rest)
WHERE datasource_id = %(datasource_id)s AND token <> '' GROUP BY folder;

-- name: count_known_label_files
-- How many label files are known.
SELECT count(*) FROM label_file WHERE datasource_id = %(datasource_id)s AND token <> '';

-- name: count_labelled_images
-- How many assets with annotations from label files a datasource had before this run, by folder as above. Those that
-- the run removed had them too.
SELECT CASE WHEN strpos(rest, '/') > 0 THEN split_part(rest, '/', 1) || '/' ELSE '' END AS folder,
  count(DISTINCT object.asset_id)
FROM object JOIN asset ON asset.id = object.asset_id AND asset.datasource_id = object.datasource_id
LEFT JOIN outcome ON outcome.run_id = %(run_id)s AND outcome.key = object.key
CROSS JOIN LATERAL (SELECT substr(object.key, %(start)s)) AS below (rest)
WHERE object.datasource_id = %(datasource_id)s
  AND CASE WHEN object.state = {known.present} THEN outcome.kind IS DISTINCT FROM {outcome.new}
    ELSE outcome.kind IN ({outcome.missing}, {outcome.removed}) END
  AND EXISTS (SELECT FROM annotation WHERE annotation.asset_id = object.asset_id AND annotation.source = 'bucket')
GROUP BY folder;

-- name: count_images_unlabelled_by_parts
-- How many assets lost all annotations from label files in partial passes since the last pass over everything that
-- ended well, by folder as above.
SELECT CASE WHEN strpos(rest, '/') > 0 THEN split_part(rest, '/', 1) || '/' ELSE '' END AS folder,
  count(DISTINCT object.asset_id)
FROM object JOIN (
  SELECT DISTINCT outcome.key FROM job JOIN outcome ON outcome.run_id = job.id
  WHERE job.datasource_id = %(datasource_id)s AND job.kind = 'events' AND outcome.kind = {outcome.labels_changed}
    AND outcome.stage IS NULL
    AND job.started > coalesce(
      (SELECT max(started) FROM job AS whole
       WHERE whole.datasource_id = %(datasource_id)s AND whole.kind = 'mirror' AND whole.state IN ('succeeded', 'held')),
      '-infinity'
    )
) AS changed ON changed.key = object.key
CROSS JOIN LATERAL (SELECT substr(object.key, %(start)s)) AS below (rest)
WHERE object.datasource_id = %(datasource_id)s AND object.state = {known.present} AND NOT EXISTS (
  SELECT FROM annotation WHERE annotation.asset_id = object.asset_id AND annotation.source = 'bucket'
)
GROUP BY folder;

-- name: count_labels_removed_by_parts
-- How many label files partial passes found gone since the last pass over everything that ended well, by folder as
-- above. One that came back counts no more.
SELECT CASE WHEN strpos(rest, '/') > 0 THEN split_part(rest, '/', 1) || '/' ELSE '' END AS folder, count(*)
FROM (
  SELECT DISTINCT outcome.key FROM job JOIN outcome ON outcome.run_id = job.id
  WHERE job.datasource_id = %(datasource_id)s AND job.kind = 'events' AND outcome.kind = {outcome.labels_changed}
    AND outcome.stage = 'labels'
    AND job.started > coalesce(
      (SELECT max(started) FROM job AS whole
       WHERE whole.datasource_id = %(datasource_id)s AND whole.kind = 'mirror' AND whole.state IN ('succeeded', 'held')),
      '-infinity'
    )
    AND NOT EXISTS (
      SELECT FROM label_file WHERE label_file.datasource_id = %(datasource_id)s AND label_file.key = outcome.key
    )
) AS removed CROSS JOIN LATERAL (SELECT substr(key, %(start)s)) AS below (rest)
GROUP BY folder;

-- name: held_label_files
-- The next held keys of a run that are known label files, in byte order.
SELECT held_removal.key FROM held_removal
JOIN label_file ON label_file.datasource_id = %(datasource_id)s AND label_file.key = held_removal.key
WHERE held_removal.run_id = %(run_id)s AND held_removal.key > %(after)s ORDER BY held_removal.key LIMIT %(limit)s;

-- name: lock_label_targets
-- Lock the assets against edits of their annotations, in the order in which edits lock theirs. Here and below, an array
-- makes PostgreSQL look up the few rows of a batch: it would rather read whole tables until they are large.
SELECT count(*) FROM (
  SELECT FROM asset WHERE id = ANY(ARRAY(SELECT asset_id FROM label_target)) ORDER BY id FOR NO KEY UPDATE
) AS locked;

-- name: label_targets
-- The assets of the staged label files, by the numbers of the files.
SELECT number, asset_id FROM label_target;

-- name: count_label_edits
-- How many of the assets users edited.
SELECT count(DISTINCT label_edit.asset_id) FROM label_target JOIN label_edit ON label_edit.asset_id = label_target.asset_id;

-- name: keep_edited_classes
-- Strategy `userWins`: keep the classes that users edited.
INSERT INTO label_kept (asset_id, class_id)
SELECT DISTINCT label_edit.asset_id, label_edit.class_id
FROM label_target JOIN label_edit ON label_edit.asset_id = label_target.asset_id;

-- name: keep_edited_assets
-- Strategy `untilFirstChange`: keep all annotations of assets that users edited.
INSERT INTO label_kept (asset_id, class_id)
SELECT DISTINCT label_edit.asset_id, NULL::integer
FROM label_target JOIN label_edit ON label_edit.asset_id = label_target.asset_id;

-- name: keep_edits_of_unchanged
-- Strategy `bucketWins`: keep the classes that users edited if a file is only read again, such as with other settings.
INSERT INTO label_kept (asset_id, class_id)
SELECT DISTINCT label_edit.asset_id, label_edit.class_id
FROM label_target AS target JOIN staged_label AS staged ON staged.number = target.number
JOIN label_file ON label_file.datasource_id = $1 AND label_file.key = staged.key AND NOT label_file.changed
JOIN label_edit ON label_edit.asset_id = target.asset_id;

-- name: replace_edited_classes
-- Strategy `bucketWins`: delete what users made of the classes that a file contains.
DELETE FROM annotation USING label_target AS target
WHERE annotation.asset_id = target.asset_id AND annotation.source = 'user' AND EXISTS (
  SELECT FROM label_content AS content
  WHERE content.file = target.number AND content.class_id = annotation.class_id
    AND (content.image IS NULL OR content.image = target.name)
) AND NOT EXISTS (
  SELECT FROM label_kept AS kept WHERE kept.asset_id = annotation.asset_id AND kept.class_id = annotation.class_id
);

-- name: delete_label_content
-- Delete what label files made of these assets before.
DELETE FROM annotation
WHERE asset_id = ANY(ARRAY(SELECT asset_id FROM label_target)) AND source = 'bucket' AND NOT EXISTS (
  SELECT FROM label_kept AS kept
  WHERE kept.asset_id = annotation.asset_id AND (kept.class_id IS NULL OR kept.class_id = annotation.class_id)
);

-- name: insert_label_content
-- Store the annotations of the staged label files, in the order of the files.
INSERT INTO annotation (asset_id, class_id, x, y, width, height, geometry, attributes, source)
SELECT target.asset_id, content.class_id, content.x, content.y, content.width, content.height, content.geometry::jsonb,
  coalesce(content.attributes::jsonb, '{}'), 'bucket'
FROM label_content AS content JOIN label_target AS target ON target.number = content.file
  AND (content.image IS NULL OR content.image = target.name)
WHERE NOT EXISTS (
  SELECT FROM label_kept AS kept
  WHERE kept.asset_id = target.asset_id AND (kept.class_id IS NULL OR kept.class_id = content.class_id)
)
ORDER BY target.asset_id, content.ctid;

-- name: finish_label_files
-- Mark the staged label files read, unless they changed since. One that was refused is still to be taken.
UPDATE label_file SET unread = false, changed = changed AND staged_label.fate <> 0 FROM staged_label
WHERE label_file.datasource_id = $1 AND label_file.key = ANY(ARRAY(SELECT key FROM staged_label))
  AND label_file.key = staged_label.key AND label_file.token = staged_label.token;

-- name: delete_label_files
-- Delete the staged label files, which do not exist any more.
DELETE FROM label_file WHERE datasource_id = $1 AND key = ANY(ARRAY(SELECT key FROM staged_label));

-- name: record_labels_changed
-- Record the outcome of assets of which only the labels changed: they have no other outcome in this run.
WITH recorded AS (
  INSERT INTO outcome (run_id, key, kind, asset_id)
  SELECT DISTINCT $1::bigint, key, {outcome.labels_changed}, asset_id FROM label_target
  WHERE state = {known.present} ORDER BY key
  ON CONFLICT (run_id, key) DO NOTHING
  RETURNING kind
)
SELECT kind, count(*) FROM recorded GROUP BY kind;

-- name: record_label_problems
-- Record label files that could not be read, or not whole. Their number is in the counts, but not as outcomes of assets.
INSERT INTO outcome (run_id, key, kind, stage, reason)
SELECT $1, key, {outcome.failed}, 'labels', reason FROM staged_label WHERE reason IS NOT NULL ORDER BY key
ON CONFLICT (run_id, key) DO UPDATE SET reason = excluded.reason;

-- name: record_labels_gone
-- Record label files that are gone while their image is there. They are not counted either.
INSERT INTO outcome (run_id, key, kind, stage, reason)
SELECT DISTINCT $1::bigint, staged.key, {outcome.labels_changed}, 'labels', 'The label file is gone; so are its annotations'
FROM label_target AS target JOIN staged_label AS staged ON staged.number = target.number ORDER BY 2
ON CONFLICT (run_id, key) DO UPDATE SET reason = excluded.reason;

-- name: record_label_edits
-- Remember which classes a user edited on an asset.
INSERT INTO label_edit (asset_id, class_id) SELECT %(asset_id)s, unnest(%(class_ids)s::integer[])
ON CONFLICT (asset_id, class_id) DO UPDATE SET at = now();

-- name: create_label_planned
-- Keys that a plan changes in another way.
CREATE TEMP TABLE IF NOT EXISTS label_planned (key text COLLATE "C") ON COMMIT DELETE ROWS;

-- name: count_label_targets
-- The objects of the staged label files that a plan does not change in another way.
SELECT count(DISTINCT key) FROM label_target
WHERE state = {known.present} AND NOT EXISTS (SELECT FROM label_planned WHERE label_planned.key = label_target.key);

-- name: planned_label_files
-- The staged label files of objects that a plan does not change in another way, in byte order, and what the guard counts
-- for each, as in targeted_label_files.
SELECT staged.key, CASE WHEN staged.reach = 2 THEN count(DISTINCT target.asset_id) FILTER (
  WHERE staged.reach = 2
    AND EXISTS (SELECT FROM annotation WHERE annotation.asset_id = target.asset_id AND annotation.source = 'bucket')
) ELSE count(DISTINCT staged.key) END AS counted
FROM label_target AS target JOIN staged_label AS staged ON staged.number = target.number
WHERE target.state = {known.present} AND NOT EXISTS (SELECT FROM label_planned WHERE label_planned.key = target.key)
GROUP BY staged.key, staged.reach ORDER BY staged.key;
