-- name: store_signing_secret
-- Store the encrypted secret of an owner in place of an earlier one.
INSERT INTO signing_secret (owner, sealed_key, sealed) VALUES (%(owner)s, %(key)s, %(data)s)
ON CONFLICT (owner) DO UPDATE SET sealed_key = excluded.sealed_key, sealed = excluded.sealed;

-- name: drop_signing_secret
-- Delete the secret of an owner.
DELETE FROM signing_secret WHERE owner = %(owner)s;

-- name: signing_secret
-- The encrypted secret of an owner.
SELECT sealed_key, sealed FROM signing_secret WHERE owner = %(owner)s;

-- name: sealed_signing_secrets
-- The secrets whose data keys can be rewrapped.
SELECT id, sealed_key, sealed FROM signing_secret ORDER BY id;

-- name: rewrap_signing_secret
-- Replace the wrapped data key of a secret, unless it changed meanwhile.
UPDATE signing_secret SET sealed_key = %(key)s WHERE id = %(id)s AND sealed_key = %(before)s;
