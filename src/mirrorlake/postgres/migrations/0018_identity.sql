-- What tells a source from another one at its address: more than device and inode of a folder, and also of buckets.

ALTER TABLE datasource ADD COLUMN identity jsonb; -- model.identity.Identity of the source that passes saw
UPDATE datasource SET identity = jsonb_build_object(
  'facts', jsonb_build_object('device', split_part(root, ':', 1), 'inode', split_part(root, ':', 2)),
  'hints', NULL, 'mounts', NULL
) WHERE root IS NOT NULL;
ALTER TABLE datasource DROP COLUMN root;

ALTER TABLE hold ADD COLUMN identity jsonb; -- of the source in that run; confirming adopts it
UPDATE hold SET identity = jsonb_build_object(
  'facts', jsonb_build_object('device', split_part(root, ':', 1), 'inode', split_part(root, ':', 2)),
  'hints', NULL, 'mounts', NULL
) WHERE root IS NOT NULL;
ALTER TABLE hold DROP COLUMN root;
