// What most parts of the settings are: a form that adds something, and the list of what there is.
import type { ReactNode } from 'react';
import { Copyable } from '../../components/CopyButton';
import { Pending } from '../../components/Notice';

interface Props<Item> {
  found: { data: Item[] | undefined; error: Error | null };
  form: ReactNode; // null: the caller may add nothing
  none: string; // instead of an empty list
  list: (items: Item[]) => ReactNode;
}

export function ListWithForm<Item>({ found: { data, error }, form, none, list }: Props<Item>) {
  return (
    <div className="stack column">
      <Pending data={data} error={error} />
      {form === null ? null : <section className="panel column">{form}</section>}
      {data?.length === 0 ? <p className="quiet">{none}</p> : null}
      {data !== undefined && data.length > 0 ? list(data) : null}
    </div>
  );
}

/** A secret that an answer had once: whoever leaves the page cannot see it again. */
export function Once({
  secret,
  sentence,
  what,
}: {
  secret: string | null | undefined;
  sentence: string;
  what: string;
}) {
  if (secret === null || secret === undefined) return null;
  return (
    <div className="once" role="status">
      <p>{sentence}</p>
      <Copyable text={secret} what={what} />
    </div>
  );
}
