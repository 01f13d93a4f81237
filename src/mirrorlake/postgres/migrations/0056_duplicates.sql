-- Objects that are no assets because an asset of their datasource has exactly their bytes (model.policies).

ALTER TABLE object ADD COLUMN duplicate bytea; -- their digest

CREATE INDEX object_by_duplicate ON object (duplicate) WHERE duplicate IS NOT NULL;
