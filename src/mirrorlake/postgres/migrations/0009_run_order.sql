-- A queued run may begin after one with a higher number: what is newest goes by when runs began.

CREATE INDEX run_by_start ON run (datasource_id, started DESC, id DESC);
DROP INDEX run_by_datasource;
