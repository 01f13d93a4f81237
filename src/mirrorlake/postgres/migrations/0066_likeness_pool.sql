-- The workers that embed pictures, by the name of their pool.
ALTER TABLE likeness_setting ADD COLUMN pool text NOT NULL DEFAULT 'default';

-- Names of models whose vectors were replaced by those of another one. A worker that still has such a model, such as
-- during an upgrade, does not embed all pictures with it again.
CREATE TABLE replaced_model (name text PRIMARY KEY);
