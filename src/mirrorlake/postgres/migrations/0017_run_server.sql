-- The server that a run sent its requests to, and what specified it: the AWS configuration may name another than AWS.
ALTER TABLE run ADD COLUMN server text;
