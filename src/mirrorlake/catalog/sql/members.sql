-- name: lock_members
-- Lock a workspace against other changes of its members; its number.
SELECT id FROM access.workspace WHERE name = %(workspace)s FOR UPDATE;

-- name: list_members
-- The members of a workspace, or the one with a name.
SELECT member.id, member.name, membership.role, membership.created, member.last_sign_in, member.password IS NOT NULL
FROM access.membership
JOIN access.member ON member.id = membership.member_id
JOIN access.workspace ON workspace.id = membership.workspace_id
WHERE workspace.name = %(workspace)s AND (%(name)s::text IS NULL OR lower(member.name) = lower(%(name)s))
ORDER BY lower(member.name);

-- name: insert_member
-- Add a member who is not in any workspace yet; nothing if the name is there.
INSERT INTO access.member (name) VALUES (%(name)s) ON CONFLICT (lower(name)) DO NOTHING;

-- name: lock_member
-- Lock a member against being added to or removed from another workspace.
SELECT id FROM access.member WHERE lower(name) = lower(%(name)s) FOR UPDATE;

-- name: member_elsewhere
-- Whether a member is in another workspace, too.
SELECT EXISTS (
  SELECT FROM access.membership WHERE member_id = %(member_id)s AND workspace_id <> %(workspace_id)s
);

-- name: insert_membership
-- Give a member a role in a workspace; no row if it has one.
INSERT INTO access.membership (member_id, workspace_id, role)
SELECT member.id, %(workspace_id)s, %(role)s FROM access.member WHERE lower(member.name) = lower(%(name)s)
ON CONFLICT DO NOTHING RETURNING member_id;

-- name: other_owners
-- Whether a workspace has an owner besides a member, who can sign in: with a password or at an identity provider.
SELECT EXISTS (
  SELECT FROM access.membership JOIN access.member ON member.id = membership.member_id
  WHERE workspace_id = %(workspace_id)s AND role = 'owner' AND member_id <> %(member_id)s
    AND (password IS NOT NULL OR EXISTS (SELECT FROM access.oidc_identity WHERE oidc_identity.member_id = member.id))
);

-- name: change_membership
-- Give a member another role.
UPDATE access.membership SET role = %(role)s WHERE workspace_id = %(workspace_id)s AND member_id = %(member_id)s;

-- name: delete_membership
-- Take a member out of a workspace.
DELETE FROM access.membership WHERE workspace_id = %(workspace_id)s AND member_id = %(member_id)s;

-- name: delete_keys_of_member
-- Delete the keys that a member made in a workspace.
DELETE FROM access.api_key WHERE workspace_id = %(workspace_id)s AND member_id = %(member_id)s;

-- name: delete_lonely_member
-- Delete a member who is in no workspace any more.
DELETE FROM access.member
WHERE id = %(member_id)s AND NOT EXISTS (SELECT FROM access.membership WHERE member_id = %(member_id)s);

-- name: delete_lonely_members
-- Delete all members who are in no workspace any more.
DELETE FROM access.member WHERE NOT EXISTS (SELECT FROM access.membership WHERE member_id = member.id);

-- name: insert_invitation
-- Store a link by which a member sets a password.
INSERT INTO access.invitation (digest, member_id, expires)
VALUES (%(digest)s, %(member_id)s, now() + make_interval(secs => %(seconds)s));

-- name: drop_invitations
-- Delete the links of a member, and those that have expired.
DELETE FROM access.invitation WHERE member_id = %(member_id)s OR expires < now();

-- name: invited_member
-- The member of a link that has not expired.
SELECT member.id, member.name FROM access.invitation JOIN access.member ON member.id = invitation.member_id
WHERE invitation.digest = %(digest)s AND invitation.expires > now() FOR UPDATE;

-- name: member_to_sign_in
-- A member by name, with the hash of the password.
SELECT id, name, password FROM access.member WHERE lower(name) = lower(%(name)s);

-- name: member_by_id
-- The hash of a member's password.
SELECT name, password FROM access.member WHERE id = %(member_id)s;

-- name: set_password
-- Store the hash of a member's password.
UPDATE access.member SET password = %(password)s WHERE id = %(member_id)s;

-- name: record_sign_in
-- Record that a member signed in.
UPDATE access.member SET last_sign_in = now() WHERE id = %(member_id)s;

-- name: memberships
-- The workspaces of a member.
SELECT workspace.name, membership.role FROM access.membership
JOIN access.workspace ON workspace.id = membership.workspace_id
WHERE membership.member_id = %(member_id)s ORDER BY workspace.name;

-- name: workspaces_of_member
-- The numbers and names of the workspaces of a member.
SELECT workspace.id, workspace.name FROM access.membership
JOIN access.workspace ON workspace.id = membership.workspace_id
WHERE membership.member_id = %(member_id)s ORDER BY workspace.id;

-- name: all_workspaces
-- The names of all workspaces.
SELECT name FROM access.workspace ORDER BY name;

-- name: identity_member
-- The member of an identity at a provider.
SELECT member.id, member.name FROM access.oidc_identity JOIN access.member ON member.id = oidc_identity.member_id
WHERE oidc_identity.issuer = %(issuer)s AND oidc_identity.subject = %(subject)s;

-- name: revoke_keys_of_member
-- Revoke the keys that a member made, in all workspaces.
UPDATE access.api_key SET revoked = now() WHERE member_id = %(member_id)s AND revoked IS NULL;

-- name: member_has_identity
-- Whether a member signs in at an identity provider.
SELECT EXISTS (SELECT FROM access.oidc_identity WHERE member_id = %(member_id)s);

-- name: remember_removed
-- Remember who is removed: the e-mail address and the identities.
INSERT INTO access.removed_person (name, issuer, subject)
SELECT lower(member.name), oidc_identity.issuer, oidc_identity.subject
FROM access.member LEFT JOIN access.oidc_identity ON oidc_identity.member_id = member.id
WHERE member.id = %(member_id)s AND (oidc_identity.issuer IS NOT NULL OR member.name LIKE '%%@%%')
ON CONFLICT DO NOTHING;

-- name: forget_removed
-- Forget that somebody was removed, who is added again.
DELETE FROM access.removed_person WHERE name = lower(%(name)s);

-- name: connect_identity
-- Connect the member of this name with an identity at a provider, unless it has another one there; the member.
WITH found AS (
  SELECT id, name FROM access.member WHERE lower(name) = lower(%(email)s)
    AND NOT EXISTS (SELECT FROM access.oidc_identity WHERE issuer = %(issuer)s AND member_id = member.id)
  FOR UPDATE
), made AS (
  INSERT INTO access.oidc_identity (issuer, subject, member_id) SELECT %(issuer)s, %(subject)s, id FROM found
  ON CONFLICT DO NOTHING RETURNING member_id
)
SELECT found.id, found.name FROM found JOIN made ON made.member_id = found.id;

-- name: join_workspace
-- Give a new member a role in a workspace, unless the person was removed before.
INSERT INTO access.membership (member_id, workspace_id, role)
SELECT member.id, workspace.id, %(role)s FROM access.member CROSS JOIN access.workspace
WHERE lower(member.name) = lower(%(name)s) AND workspace.name = %(workspace)s AND NOT EXISTS (
  SELECT FROM access.removed_person AS removed
  WHERE removed.name = lower(%(name)s) OR (removed.issuer = %(issuer)s AND removed.subject = %(subject)s)
);
