-- Sentences about what was probably not intended, such as a pattern that matches nothing.
ALTER TABLE run ADD COLUMN notes text[] NOT NULL DEFAULT '{}';
