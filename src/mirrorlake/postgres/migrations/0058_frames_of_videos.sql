-- Videos have vectors of several frames: what fails for their frames is not what fails for their thumbnail.
ALTER TABLE likeness_failure
  ADD COLUMN frames boolean NOT NULL DEFAULT false,  -- of the frames of a video, which are read from its object
  DROP CONSTRAINT likeness_failure_pkey,
  ADD PRIMARY KEY (digest, frames);
