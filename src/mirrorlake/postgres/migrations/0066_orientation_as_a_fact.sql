-- Searches find images by the orientation that is stored in the file, as by any other fact.
UPDATE asset SET facts = facts || jsonb_build_object('orientation', orientation)
WHERE kind = 'image' AND orientation IS NOT NULL AND NOT facts ? 'orientation';
