-- name: list_keys
-- The keys of a workspace, or one of them, the newest first.
SELECT api_key.id, api_key.name, prefix, role, permissions, api_key.created, created_by, expires, revoked, last_used,
  last_address
FROM access.api_key JOIN access.workspace ON workspace.id = api_key.workspace_id
WHERE workspace.name = %(workspace)s AND (%(id)s::integer IS NULL OR api_key.id = %(id)s)
ORDER BY api_key.id DESC;

-- name: insert_key
-- Store a key.
INSERT INTO access.api_key (workspace_id, member_id, name, prefix, digest, role, permissions, created_by, expires)
SELECT workspace.id, %(member_id)s, %(name)s, %(prefix)s, %(digest)s, %(role)s, %(permissions)s, %(created_by)s,
  now() + make_interval(secs => %(seconds)s::double precision)
FROM access.workspace WHERE workspace.name = %(workspace)s RETURNING id;

-- name: revoke_key
-- Revoke a key. It is kept, so that activity can be explained.
UPDATE access.api_key SET revoked = coalesce(revoked, now())
WHERE id = %(id)s AND workspace_id = (SELECT workspace.id FROM access.workspace WHERE workspace.name = %(workspace)s)
RETURNING name;

-- name: admit_key
-- The key with a digest, if it is valid, with the present role of its maker.
SELECT api_key.id, api_key.name, api_key.prefix, workspace.name, api_key.role, api_key.permissions, api_key.member_id,
  membership.role, extract(epoch FROM api_key.expires - now())::double precision,
  api_key.last_used IS NULL OR api_key.last_used < now() - interval '1 minute'
FROM access.api_key
JOIN access.workspace ON workspace.id = api_key.workspace_id
LEFT JOIN access.membership
  ON membership.member_id = api_key.member_id AND membership.workspace_id = api_key.workspace_id
WHERE api_key.digest = %(digest)s AND api_key.revoked IS NULL AND (api_key.expires IS NULL OR api_key.expires > now())
  AND (api_key.member_id IS NULL OR membership.role IS NOT NULL);

-- name: find_invalid_key
-- The key with a digest that admits nobody any more, and why.
SELECT api_key.name, api_key.prefix, workspace.id, workspace.name, CASE
    WHEN api_key.revoked IS NOT NULL THEN 'revoked key'
    WHEN api_key.expires <= now() THEN 'expired key'
    ELSE 'key of somebody who is no member any more'
  END
FROM access.api_key JOIN access.workspace ON workspace.id = api_key.workspace_id
WHERE api_key.digest = %(digest)s;

-- name: touch_key
-- Record that a key was used, at most once a minute.
UPDATE access.api_key SET last_used = now(), last_address = %(address)s
WHERE id = %(id)s AND (last_used IS NULL OR last_used < now() - interval '1 minute');
