-- What a sign-in at the identity provider needs is in a sealed cookie: only answers that were used are stored.
DROP TABLE IF EXISTS access.oidc_request;
CREATE TABLE IF NOT EXISTS access.oidc_used (
  state bytea PRIMARY KEY,                   -- SHA-256 of the value that the provider sent back
  expires timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS oidc_used_by_expiry ON access.oidc_used (expires);

-- People whom an owner took out of a workspace: the identity provider does not let them in until they are added again.
CREATE TABLE IF NOT EXISTS access.removed_person (
  name text NOT NULL,                        -- of the member, in lower case
  issuer text,
  subject text,
  removed timestamptz NOT NULL DEFAULT now(),
  UNIQUE NULLS NOT DISTINCT (name, issuer, subject)
);
CREATE INDEX IF NOT EXISTS removed_person_by_identity ON access.removed_person (issuer, subject);
