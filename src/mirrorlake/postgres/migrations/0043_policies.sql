-- Policies reject objects that could be decoded. A later pass considers them again if the policies are other ones.

ALTER TABLE object ADD COLUMN policies bigint; -- of a rejected object: the fingerprint of the policies (model.policies)
