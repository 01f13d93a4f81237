-- The version of its object that was looked at, where the bucket keeps versions. A fact, never a token.

ALTER TABLE asset ADD COLUMN version text;
