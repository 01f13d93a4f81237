-- Events: where those of a datasource come from, and the keys that they named and nobody has checked yet.

-- Encrypted like those of connections; the key is not in the database.
CREATE TABLE signing_secret (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  owner text NOT NULL UNIQUE,                -- whose requests it signs
  sealed_key text NOT NULL,                  -- the data key, encrypted by a master key
  sealed text NOT NULL                       -- the secret, encrypted by the data key
);

CREATE TABLE event_receiver (
  datasource_id integer PRIMARY KEY REFERENCES datasource ON DELETE CASCADE,
  kind text NOT NULL,                        -- model.events.ReceiverKind
  address text,                              -- of the queue or subscription; null: a webhook
  trusted boolean NOT NULL,                  -- set by an operator: its address need not be public
  received bigint NOT NULL DEFAULT 0,        -- see model.events.EventCounts
  "foreign" bigint NOT NULL DEFAULT 0,
  tests bigint NOT NULL DEFAULT 0,
  unreadable bigint NOT NULL DEFAULT 0,
  last_event timestamptz,
  last_poll timestamptz,
  last_error text,
  last_warning text
);

-- A key is here once, however often it is named.
CREATE TABLE event_hint (
  datasource_id integer NOT NULL REFERENCES datasource ON DELETE CASCADE,
  key text COLLATE "C" NOT NULL,
  version bigint GENERATED ALWAYS AS IDENTITY, -- grows when it is named again
  received timestamptz NOT NULL DEFAULT now(), -- when it was named first
  attempts smallint NOT NULL DEFAULT 0,      -- partial passes that could not settle it
  PRIMARY KEY (datasource_id, key)
);
CREATE INDEX event_hint_by_version ON event_hint (datasource_id, version);
