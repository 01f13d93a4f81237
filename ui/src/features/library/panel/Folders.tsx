// The folders of the keys, opened one by one. A click shows what is in a folder and below it.
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Folder } from '../../../api/client';
import { libraryQueries } from '../../../api/libraryQueries';
import { describeError } from '../../../api/problem';
import { queries } from '../../../api/queries';
import { count } from '../../../components/format';
import { Prose } from '../../../components/Rich';
import { chosenFolder, folderTerm, holdsChosen, type Place, toggleFolder, withoutFolder } from './fields';
import { text } from './text';
import { useChangeQuery } from './useChangeQuery';

const TOP: Place = { path: '', datasource: undefined };

export function Folders({ query }: { query: string }) {
  const change = useChangeQuery();
  return (
    <div className="folders">
      <button
        type="button"
        className="folder-name all"
        aria-pressed={chosenFolder(query) === undefined}
        onClick={() => change(withoutFolder)}
      >
        {text.allFolders}
      </button>
      <Children place={TOP} query={query} name={text.folders} />
    </div>
  );
}

function Children({ place, query, name }: { place: Place; query: string; name: string }) {
  const found = useInfiniteQuery(libraryQueries.folders(place.path, place.datasource, withoutFolder(query)));
  const several = useQuery(queries.datasources()).data?.length !== 1;
  const folders = found.data?.pages.flatMap((page) => page.folders) ?? [];
  if (found.error !== null)
    return (
      <p className="note">
        <Prose text={describeError(found.error)} />{' '}
        <button type="button" className="link" onClick={() => void found.refetch()}>
          {text.retry}
        </button>
      </p>
    );
  if (found.data === undefined) return <p className="quiet note">{text.loading}</p>;
  if (folders.length === 0) return place.path === '' ? <p className="quiet note">{text.noFolders}</p> : null;
  return (
    <>
      <ul className="folder-list" aria-label={name}>
        {folders.map((folder) => (
          <FolderRow
            key={`${folder.datasource} ${folder.path}`}
            folder={folder}
            query={query}
            place={{ path: folder.path, datasource: several ? folder.datasource : undefined }}
            named={several && place === TOP}
          />
        ))}
      </ul>
      {found.hasNextPage ? (
        <button type="button" className="link note" onClick={() => void found.fetchNextPage()}>
          {text.moreFolders}
        </button>
      ) : null}
    </>
  );
}

interface RowProps {
  folder: Folder;
  query: string;
  place: Place;
  named: boolean; // with its datasource
}

function FolderRow({ folder, query, place, named }: RowProps) {
  const change = useChangeQuery();
  const chosen = chosenFolder(query);
  const [open, setOpen] = useState(() => holdsChosen(chosen, place));
  const name = folder.name === '' ? text.unnamed : folder.name;
  return (
    <li>
      <div className="folder">
        {folder.has_folders ? (
          <button
            type="button"
            className="disclose"
            aria-expanded={open}
            aria-label={text.expand(name)}
            onClick={() => setOpen(!open)}
          />
        ) : (
          <span className="disclose" />
        )}
        <button
          type="button"
          className="folder-name"
          aria-pressed={chosen === folderTerm(place)}
          title={folder.path}
          onClick={() => change((now) => toggleFolder(now, place))}
        >
          <span className="value-name">
            {name}
            {named ? <span className="folder-of"> {folder.datasource}</span> : null}
          </span>
          <span className="value-count">{count(folder.assets)}</span>
        </button>
      </div>
      {open ? <Children place={place} query={query} name={name} /> : null}
    </li>
  );
}
