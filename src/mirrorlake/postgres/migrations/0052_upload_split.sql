-- The split of uploaded files in the projects that they are added to.

ALTER TABLE upload ADD split text;  -- model.splits.Split
