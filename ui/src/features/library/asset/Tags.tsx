// The tags of an asset, and the field that adds one. Every control can be reached by keyboard.
import { type FormEvent, useRef, useState } from 'react';
import { ErrorText } from '../../../components/ErrorText';
import { quoted } from '../../../components/format';
import { IconButton } from '../../../components/Icon';
import { AssetsLink } from '../../../components/links';
import { changes, type Edit } from './changes';
import { text } from './text';

export function Tags({ tags, edit }: { tags: string[]; edit: Edit | undefined }) {
  const [typed, setTyped] = useState('');
  const [error, setError] = useState<string>();
  const input = useRef<HTMLInputElement>(null);
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
            aria-label={text.tags.add}
            placeholder={text.tags.add}
            maxLength={100}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
        </form>
      )}
      <ErrorText text={error} />
    </>
  );
}
