-- name: asset_history
-- The changes of one asset, newest first, older than the place `(before_at, before_source, before_id)`: single ones from
-- the activity, then those of bulk edits and their undoing, each with everything that it changed of the asset, and what
-- the newest import, function and label file made of it.
SELECT at, source, id, actor, action, job, details FROM (
  SELECT at, 0 AS source, id, actor, action, NULL::bigint AS job, details FROM activity
  WHERE subject_kind = 'asset' AND subject = %(subject)s
    AND (%(before_at)s::timestamptz IS NULL OR (at, 0, id) < (%(before_at)s, %(before_source)s, %(before_id)s))
  UNION ALL
  SELECT batch.applied, 1, batch.edit_id, bulk_edit.actor, 'bulk_edit', bulk_edit.job_id, {rule.batch_changes}
  FROM edit_batch AS batch JOIN bulk_edit ON bulk_edit.id = batch.edit_id
  WHERE batch.span @> %(id)s::bigint AND batch.applied IS NOT NULL
  UNION ALL
  SELECT batch.undone, 2, batch.edit_id, coalesce(job.requested_by, ''), 'undo', bulk_edit.undone_by, {rule.batch_changes}
  FROM edit_batch AS batch JOIN bulk_edit ON bulk_edit.id = batch.edit_id LEFT JOIN job ON job.id = bulk_edit.undone_by
  WHERE batch.span @> %(id)s::bigint AND batch.undone IS NOT NULL
  UNION ALL
  SELECT annotation.at, 3, min(annotation.id), coalesce(annotation.by, ''),
    CASE annotation.source WHEN 'import' THEN 'import_labels' WHEN 'bucket' THEN 'label_file' ELSE 'annotate' END, NULL,
    jsonb_build_object('ontology', ontology.name, 'added', count(*), 'removed', 0)
  FROM annotation JOIN label_class ON label_class.id = annotation.class_id
  JOIN ontology ON ontology.id = label_class.ontology_id
  WHERE annotation.asset_id = %(id)s::bigint AND annotation.source <> 'user'
  GROUP BY annotation.at, annotation.by, annotation.source, ontology.name
) AS change
WHERE details IS NOT NULL
  AND (%(before_at)s::timestamptz IS NULL OR (at, source, id) < (%(before_at)s, %(before_source)s, %(before_id)s))
ORDER BY at DESC, source DESC, id DESC LIMIT %(limit)s;
