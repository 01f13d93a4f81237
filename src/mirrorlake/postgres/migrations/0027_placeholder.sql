-- A placeholder: the migration of this number is on another branch. Drop this file when merging.
SELECT 1;
