// What most parts of the settings are: a form that adds something, and below it the list of what there is.
import { type QueryKey, type UseQueryOptions, useQuery } from '@tanstack/react-query';
import type { FormEvent, ReactNode } from 'react';
import type { Permission } from '../../api/client';
import { Copyable } from '../../components/CopyButton';
import { ErrorText } from '../../components/ErrorText';
import { Pending } from '../../components/Notice';
import { TableBox } from '../../components/TableBox';
import { Needs } from './Needs';
import { text } from './text';

interface Table {
  label: string;
  columns: readonly string[]; // the last one has the actions
  named: readonly string[]; // those whose values say nothing without their heading
}

interface Props<Item, Key extends QueryKey> {
  query: UseQueryOptions<Item[], Error, Item[], Key>;
  form: ReactNode; // null: the caller may add nothing
  none: string; // instead of an empty list
  table?: Table; // whose rows the items are; else they are cards
  item: (item: Item) => ReactNode;
}

function Shown<Item, Key extends QueryKey>({ query, form, none, table, item }: Props<Item, Key>) {
  const { data, error } = useQuery(query);
  const items = data?.map(item);
  return (
    <div className="stack">
      <Pending data={data} error={error} />
      {form === null ? null : <section className="panel">{form}</section>}
      {data?.length === 0 ? <p className="quiet">{none}</p> : null}
      {data === undefined || data.length === 0 ? null : table === undefined ? (
        <ul className="stack">{items}</ul>
      ) : (
        <TableBox name="settings-table" {...table} unseen={text.actions}>
          {items}
        </TableBox>
      )}
    </div>
  );
}

/** The list, for those who have the permission that it needs. */
export function SettingsList<Item, Key extends QueryKey>({
  permission,
  ...shown
}: Props<Item, Key> & { permission: Permission }) {
  return (
    <Needs permission={permission}>
      <Shown {...shown} />
    </Needs>
  );
}

interface FormProps {
  submit: (event: FormEvent) => void;
  label: string; // of its button
  blocked: boolean;
  error: string | undefined;
  children: ReactNode; // fields
  more?: ReactNode; // below them, such as events to choose
  once?: Once; // what was added
}

interface Once {
  secret: string | null | undefined; // that an answer has once: whoever leaves the page cannot see it again
  sentence: string;
  what: string;
}

/** The form that adds something, and the secret of what was added. */
export function AddForm({ submit, label, blocked, error, children, more, once }: FormProps) {
  return (
    <>
      <form className="form" onSubmit={submit}>
        <div className="form-grid">{children}</div>
        {more}
        <div className="row">
          <button type="submit" className="primary" disabled={blocked}>
            {label}
          </button>
        </div>
        <ErrorText text={error} />
      </form>
      {once?.secret ? (
        <div className="once" role="status">
          <p>{once.sentence}</p>
          <Copyable text={once.secret} what={once.what} />
        </div>
      ) : null}
    </>
  );
}
