-- Reserved for a migration of another branch; delete this file when it is merged.
SELECT 1;
