-- Anybody may ask that a run end; the process that works on it looks here.

ALTER TABLE run ADD COLUMN cancel_requested text;  -- who asked; null: nobody did
