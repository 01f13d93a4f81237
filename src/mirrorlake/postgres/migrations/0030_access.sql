-- Who may do what. In a schema of its own, which all workspaces of a database share: what follows may run once for each.

DO $$
BEGIN
  IF to_regnamespace('access') IS NULL THEN -- CREATE SCHEMA IF NOT EXISTS would need the privilege even where it exists
    CREATE SCHEMA access;
  END IF;
END
$$;

CREATE TABLE IF NOT EXISTS access.workspace (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  created timestamptz NOT NULL DEFAULT now(),
  limits jsonb NOT NULL DEFAULT '{}'
);
INSERT INTO access.workspace (name) SELECT 'default' WHERE NOT EXISTS (SELECT FROM access.workspace);

CREATE TABLE IF NOT EXISTS access.member (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  password text,                             -- encoded argon2id hash; null: no password was set
  created timestamptz NOT NULL DEFAULT now(),
  last_sign_in timestamptz
);
CREATE UNIQUE INDEX IF NOT EXISTS member_by_name ON access.member (lower(name));

CREATE TABLE IF NOT EXISTS access.membership (
  member_id integer NOT NULL REFERENCES access.member ON DELETE CASCADE,
  workspace_id integer NOT NULL REFERENCES access.workspace ON DELETE CASCADE,
  role text NOT NULL CHECK (role IN ('viewer', 'editor', 'developer', 'owner')), -- model.access.Role
  created timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (member_id, workspace_id)
);
CREATE INDEX IF NOT EXISTS membership_by_workspace ON access.membership (workspace_id);

CREATE TABLE IF NOT EXISTS access.api_key (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  workspace_id integer NOT NULL REFERENCES access.workspace ON DELETE CASCADE,
  member_id integer REFERENCES access.member ON DELETE CASCADE, -- who made it; null: an operator
  name text NOT NULL,
  prefix text NOT NULL UNIQUE,               -- the part of the key that is shown
  digest bytea NOT NULL UNIQUE,              -- SHA-256 of the key, whose secret part has 256 random bits
  role text CHECK (role IN ('viewer', 'editor', 'developer', 'owner')),
  permissions text[] NOT NULL DEFAULT '{}',  -- model.access.Permission, besides those of the role
  created timestamptz NOT NULL DEFAULT now(),
  created_by text NOT NULL,
  expires timestamptz,
  revoked timestamptz,
  last_used timestamptz,
  last_address text
);
CREATE UNIQUE INDEX IF NOT EXISTS api_key_by_name ON access.api_key (workspace_id, name) WHERE revoked IS NULL;
CREATE INDEX IF NOT EXISTS api_key_by_member ON access.api_key (member_id);

CREATE TABLE IF NOT EXISTS access.session (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  digest bytea NOT NULL UNIQUE,              -- SHA-256 of the value in the cookie
  member_id integer REFERENCES access.member ON DELETE CASCADE, -- null: the holder of the operator's token
  token_digest bytea,                        -- of that token; another token ends the session
  method text NOT NULL CHECK (method IN ('token', 'password', 'oidc')),
  created timestamptz NOT NULL DEFAULT now(),
  last_used timestamptz NOT NULL DEFAULT now(),
  expires timestamptz NOT NULL,
  address text,
  agent text                                 -- the browser, as it names itself
);
CREATE INDEX IF NOT EXISTS session_by_member ON access.session (member_id);
CREATE INDEX IF NOT EXISTS session_by_expiry ON access.session (expires);

-- Failed attempts to sign in, which slow down further ones. Neither names nor passwords: people mistake the fields.
CREATE TABLE IF NOT EXISTS access.failed_sign_in (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  account bytea,                             -- SHA-256 of the name in lower case
  address text NOT NULL
);
CREATE INDEX IF NOT EXISTS failed_sign_in_by_account ON access.failed_sign_in (account, at);
CREATE INDEX IF NOT EXISTS failed_sign_in_by_address ON access.failed_sign_in (address, at);

-- Links by which members set a password, each usable once.
CREATE TABLE IF NOT EXISTS access.invitation (
  digest bytea PRIMARY KEY,                  -- SHA-256 of the secret in the link
  member_id integer NOT NULL REFERENCES access.member ON DELETE CASCADE,
  created timestamptz NOT NULL DEFAULT now(),
  expires timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS invitation_by_member ON access.invitation (member_id);

CREATE TABLE IF NOT EXISTS access.oidc_identity (
  issuer text NOT NULL,
  subject text NOT NULL,
  member_id integer NOT NULL REFERENCES access.member ON DELETE CASCADE,
  created timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (issuer, subject)
);
CREATE INDEX IF NOT EXISTS oidc_identity_by_member ON access.oidc_identity (member_id);

-- Sign-ins under way at the identity provider.
CREATE TABLE IF NOT EXISTS access.oidc_request (
  state bytea PRIMARY KEY,                   -- SHA-256 of the value that the provider sends back
  browser bytea NOT NULL,                    -- SHA-256 of the cookie of the browser that began it
  nonce text NOT NULL,
  verifier text NOT NULL,                    -- of PKCE
  expires timestamptz NOT NULL
);

-- From where, and what was refused.
ALTER TABLE activity
  ADD COLUMN address text,                   -- the network address of the caller; null: on this machine
  ADD COLUMN credential text,                -- the key or session of the caller, by its public id
  ADD COLUMN refused boolean NOT NULL DEFAULT false;
CREATE INDEX activity_by_actor ON activity (actor, id DESC);
CREATE TRIGGER activity_never_emptied BEFORE TRUNCATE ON activity
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_activity();
