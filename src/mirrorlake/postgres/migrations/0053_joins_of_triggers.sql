-- The trigger that records changed assets joins each changed row with what it was before. PostgreSQL plans the join once
-- a session, for whatever number of rows comes first, which is often none: as a nested loop, it then takes quadratic time.
ALTER FUNCTION record_changed_assets() SET enable_nestloop = off;
