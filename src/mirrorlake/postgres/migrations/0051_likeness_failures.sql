-- Pictures whose thumbnail is missing or damaged: they are not tried again by every job that embeds pictures.
CREATE TABLE likeness_failure (
  digest bytea PRIMARY KEY,
  failed timestamptz NOT NULL DEFAULT now()
);
