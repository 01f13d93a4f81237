// The tags of an asset, and the field that adds one. Every control can be reached by keyboard.
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useDeferredValue, useId, useRef, useState } from 'react';
import { libraryQueries } from '../../../api/libraryQueries';
import { ErrorText } from '../../../components/ErrorText';
import { quoted } from '../../../components/format';
import { IconButton } from '../../../components/Icon';
import { AssetsLink } from '../../../components/links';
import { changes, type Edit } from './changes';
import { text } from './sideText';

/** The tags of the library that contain what is typed. */
function Offered({ id, typed }: { id: string; typed: string }) {
  const late = useDeferredValue(typed);
  const asked = `tag:${/[\s"()\\]/.test(late) ? quoted(late).slice(0, -1) : late}`;
  const { data } = useQuery(libraryQueries.completions({ query: asked, position: Array.from(asked).length }));
  return (
    <datalist id={id}>
      {data?.suggestions
        .filter((one) => one.kind === 'tag')
        .map((one) => (
          <option key={one.text} value={one.label} />
        ))}
    </datalist>
  );
}

export function Tags({ tags, edit }: { tags: string[]; edit: Edit | undefined }) {
  const [typed, setTyped] = useState('');
  const [error, setError] = useState<string>();
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  const send = async (body: string) => {
    if (edit === undefined) return false;
    const failure = await edit(body);
    setError(failure);
    input.current?.focus();
    return failure === undefined;
  };
  const add = async (event: FormEvent) => {
    event.preventDefault();
    if (typed.trim() !== '' && (await send(changes.addTag(typed)))) setTyped('');
  };
  return (
    <>
      <ul className="row tags" aria-label={text.tags.label}>
        {tags.map((tag) => (
          <li key={tag} className="row">
            <AssetsLink className="chip" query={`tag:${quoted(tag)}`}>
              {tag}
            </AssetsLink>
            {edit === undefined ? null : (
              <IconButton
                icon="remove"
                label={text.tags.remove(tag)}
                onClick={() => send(changes.removeTag(tag))}
                small
              />
            )}
          </li>
        ))}
      </ul>
      {edit === undefined ? null : (
        <form className="edit" onSubmit={add}>
          <input
            ref={input}
            list={id}
            autoComplete="off"
            aria-label={text.tags.add}
            placeholder={text.tags.add}
            maxLength={100}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
          <Offered id={id} typed={typed} />
        </form>
      )}
      <ErrorText text={error} />
    </>
  );
}
