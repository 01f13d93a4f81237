// Who changed what of an asset, asked for when somebody wants to know.
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { assetQueries } from '../../../api/assetQueries';
import type { HistoryEntry } from '../../../api/client';
import { describeError } from '../../../api/problem';
import { ago, when } from '../../../components/format';
import { text } from './sideText';

export function History({ id }: { id: string }) {
  const [open, setOpen] = useState(false);
  const found = useInfiniteQuery(assetQueries.history(id, open));
  if (!open)
    return (
      <button type="button" className="link" onClick={() => setOpen(true)}>
        {text.history.show}
      </button>
    );
  if (found.error !== null) return <p className="error-text">{describeError(found.error)}</p>;
  const entries = found.data?.pages.flatMap((page) => page.entries) ?? [];
  if (found.data !== undefined && entries.length === 0) return <p className="quiet">{text.history.none}</p>;
  return (
    <>
      <ol className="history">
        {entries.map((entry) => (
          <li key={`${entry.at} ${entry.actor} ${entry.action}`}>
            <p className="quiet">
              <span>{text.history.by(entry.actor, text.history.actions[entry.action] ?? entry.action)}</span>
              <time dateTime={entry.at} title={when(entry.at)}>
                {ago(entry.at)}
              </time>
            </p>
            <Changes entry={entry} />
          </li>
        ))}
      </ol>
      {found.hasNextPage ? (
        <button type="button" className="link" onClick={() => void found.fetchNextPage()}>
          {text.history.more}
        </button>
      ) : null}
    </>
  );
}

function Changes({ entry }: { entry: HistoryEntry }) {
  const shown = (value: unknown) => (value === null || value === undefined ? text.history.nothing : String(value));
  const names = [
    ...entry.tags_added.map((name) => `+ ${name}`),
    ...entry.tags_removed.map((name) => `− ${name}`),
    ...entry.projects_added.map((name) => `+ ${name}`),
    ...entry.projects_removed.map((name) => `− ${name}`),
    ...(entry.annotations_added ? [text.history.annotations('+', entry.annotations_added, entry.ontology)] : []),
    ...(entry.annotations_removed ? [text.history.annotations('−', entry.annotations_removed, entry.ontology)] : []),
  ];
  return (
    <ul className="wrap">
      {Object.entries(entry.metadata).map(([key, { before, after }]) => (
        <li key={key}>{text.history.value(key, shown(before), shown(after))}</li>
      ))}
      {names.map((name) => (
        <li key={name}>{name}</li>
      ))}
    </ul>
  );
}
