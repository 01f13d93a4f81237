// Search by a picture: the button that chooses one, what shows where it can be dropped, and the one that is searched by.
import { useEffect, useId, useRef, useState } from 'react';
import { IconButton } from '../../../components/Icon';
import { text } from '../text';
import type { Named } from './usePicture';
import './picture.css';

/** The button, for those who do not drag. */
export function ChoosePicture({ choose }: { choose: (file: File) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  return (
    <>
      <label className="hidden" htmlFor={id}>
        {text.picture.file}
      </label>
      <input
        ref={input}
        id={id}
        className="hidden"
        type="file"
        accept="image/*"
        tabIndex={-1}
        onChange={({ target }) => {
          const file = target.files?.[0];
          if (file !== undefined) choose(file);
          target.value = ''; // the same file can be chosen again
        }}
      />
      <IconButton icon="picture" label={text.picture.choose} onClick={() => input.current?.click()} />
    </>
  );
}

export function DropHere() {
  return (
    <div className="drop-here" role="status">
      <p>{text.picture.drop}</p>
    </div>
  );
}

/** The address of a file within this tab, for as long as it is shown. */
function useObjectUrl(file: Blob): string | undefined {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return url;
}

export function SearchedPicture({ picture, clear }: { picture: Named; clear: () => void }) {
  const url = useObjectUrl(picture.file);
  return (
    <div className="strip notes searched-picture" role="status">
      <img src={url} alt="" />
      <span className="wrap">{text.picture.like(picture.name)}</span>
      <IconButton icon="remove" label={text.picture.clear} onClick={clear} small />
    </div>
  );
}
