-- People edit metadata: whether anybody ever did decides what `untilFirstChange` lets a sidecar do.

ALTER TABLE asset ADD COLUMN edited boolean NOT NULL DEFAULT false;

UPDATE asset SET edited = true
WHERE EXISTS (SELECT FROM jsonb_each(provenance) AS entry WHERE entry.value ->> 0 = 'user');
