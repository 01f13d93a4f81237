-- name: insert_session
-- Begin a session.
INSERT INTO access.session (digest, member_id, token_digest, method, expires, address, agent)
VALUES (%(digest)s, %(member_id)s, %(token_digest)s, %(method)s, now() + make_interval(secs => %(seconds)s),
  %(address)s, %(agent)s)
RETURNING id;

-- name: admit_session
-- The session with a digest, with the role of its member in a workspace: the named one, else `default` if it is a
-- member there, else its first one. No role: it is no member there.
SELECT session.id, session.member_id, member.name, session.token_digest, entered.name, entered.role,
  session.last_used < now() - interval '1 minute',
  EXISTS (SELECT FROM access.workspace WHERE workspace.name = coalesce(%(workspace)s, 'default'))
FROM access.session
LEFT JOIN access.member ON member.id = session.member_id
LEFT JOIN LATERAL (
  SELECT workspace.name, membership.role FROM access.membership
  JOIN access.workspace ON workspace.id = membership.workspace_id
  WHERE membership.member_id = session.member_id
    AND (%(workspace)s::text IS NULL OR workspace.name = %(workspace)s)
  ORDER BY workspace.name <> 'default', workspace.id LIMIT 1
) AS entered ON true
WHERE session.digest = %(digest)s AND session.expires > now()
  AND session.last_used > now() - make_interval(secs => %(idle_s)s);

-- name: touch_session
-- Record that a session was used, at most once a minute.
UPDATE access.session SET last_used = now(), address = %(address)s
WHERE id = %(id)s AND last_used < now() - interval '1 minute';

-- name: list_sessions
-- Sessions that are valid, of one member or of all who are in a workspace, the last used first.
SELECT session.id, member.name, session.method, session.created, session.last_used, session.expires, session.address,
  session.agent
FROM access.session LEFT JOIN access.member ON member.id = session.member_id
WHERE session.expires > now() AND session.last_used > now() - make_interval(secs => %(idle_s)s)
  AND (NOT %(own)s::boolean OR session.member_id IS NOT DISTINCT FROM %(member_id)s::integer)
  AND (CASE WHEN session.member_id IS NULL THEN %(operators)s::boolean ELSE EXISTS (
    SELECT FROM access.membership JOIN access.workspace ON workspace.id = membership.workspace_id
    WHERE membership.member_id = session.member_id AND workspace.name = %(workspace)s
  ) AND (
    -- Sessions of members of other workspaces, too, are not only this one's.
    %(operators)s::boolean OR session.member_id = %(member_id)s::integer OR NOT EXISTS (
      SELECT FROM access.membership JOIN access.workspace ON workspace.id = membership.workspace_id
      WHERE membership.member_id = session.member_id AND workspace.name <> %(workspace)s
    )
  ) END)
ORDER BY session.last_used DESC, session.id DESC;

-- name: end_session
-- End a session.
DELETE FROM access.session WHERE id = %(id)s;

-- name: end_session_of_cookie
-- End the session of a browser that begins another one.
DELETE FROM access.session WHERE digest = %(digest)s;

-- name: end_sessions_of_member
-- End the sessions of a member, except one.
DELETE FROM access.session WHERE member_id = %(member_id)s AND id IS DISTINCT FROM %(except)s::integer;

-- name: prune_sessions
-- Delete sessions that are over.
DELETE FROM access.session
WHERE expires < now() OR last_used < now() - make_interval(secs => %(idle_s)s);

-- name: insert_failed_sign_in
-- Count an attempt to sign in as a failure, before it is checked.
INSERT INTO access.failed_sign_in (account, address) VALUES (%(account)s, %(address)s) RETURNING id;

-- name: forgive_sign_in
-- Forget the failures of an account, and those of an address on this account.
DELETE FROM access.failed_sign_in WHERE account = %(account)s;

-- name: withdraw_sign_in
-- Forget one attempt that was not considered.
DELETE FROM access.failed_sign_in WHERE id = %(id)s;

-- name: failed_sign_ins
-- The failures of a quarter of an hour: of the account and of the address, with the seconds since the last of each but
-- this one, and whether the account has signed in from this address before.
SELECT
  count(*) FILTER (WHERE account = %(account)s),
  extract(epoch FROM now() - max(at) FILTER (WHERE account = %(account)s))::double precision,
  count(*) FILTER (WHERE address = %(address)s),
  extract(epoch FROM now() - max(at) FILTER (WHERE address = %(address)s))::double precision,
  EXISTS (
    SELECT FROM access.session JOIN access.member ON member.id = session.member_id
    WHERE lower(member.name) = lower(%(name)s) AND session.address = %(from)s
  )
FROM access.failed_sign_in
WHERE at > now() - interval '15 minutes' AND id <> %(id)s
  AND (account = %(account)s OR address = %(address)s);

-- name: prune_failed_sign_ins
-- Delete failures that count no more.
DELETE FROM access.failed_sign_in WHERE at < now() - interval '15 minutes';

-- name: use_oidc_state
-- Use the answer of the identity provider to a sign-in; no row if it was used before.
INSERT INTO access.oidc_used (state, expires) VALUES (%(state)s, now() + make_interval(secs => %(seconds)s))
ON CONFLICT DO NOTHING;

-- name: prune_oidc_states
-- Forget answers that have expired.
DELETE FROM access.oidc_used WHERE expires < now();
