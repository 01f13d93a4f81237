// Groups of pictures that are almost the same: keep one of each, and move the others to the trash.
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useEffect, useId, useState } from 'react';
import { assetQueries } from '../../api/assetQueries';
import { type AssetItem, answer, client, type DuplicateGroup, thumbnailUrl } from '../../api/client';
import { ErrorText } from '../../components/ErrorText';
import { AssetLink, AssetsLink } from '../../components/links';
import { Pending } from '../../components/Notice';
import { PageHead } from '../../components/PageHead';
import { Sentences } from '../../components/Rich';
import { addToast } from '../../components/toasts';
import { useAsyncAction } from '../../components/useAsyncAction';
import { usePermission } from '../../components/usePermission';
import { bestOf } from './keep';
import { text } from './text';
import './duplicates.css';

const route = getRouteApi('/near-duplicates');
const AT_ONCE = 12; // groups that are looked for before somebody asks for more

interface PictureProps {
  asset: AssetItem;
  group: string;
  kept: boolean;
  keep: (() => void) | undefined; // undefined: the caller may not
}

function Picture({ asset, group, kept, keep }: PictureProps) {
  return (
    <li className="copy-of">
      <AssetLink id={asset.id} className="wrap">
        {asset.placeholder === null ? null : <img src={thumbnailUrl(asset)} alt="" loading="lazy" />}
        {asset.name}
      </AssetLink>
      <span className="quiet">{text.facts(asset.width, asset.height, asset.size)}</span>
      {keep === undefined ? null : (
        <label>
          <input type="radio" name={group} checked={kept} onChange={keep} aria-label={text.keepOf(asset.name)} />
          {text.keep}
        </label>
      )}
    </li>
  );
}

function Group({ group, number }: { group: DuplicateGroup; number: number }) {
  const [kept, setKept] = useState(bestOf(group.assets));
  const [moved, setMoved] = useState(false);
  const action = useAsyncAction();
  const id = useId();
  const edit = usePermission()('assets:edit') && !moved;
  const others = group.assets.filter((asset) => asset.id !== kept).map((asset) => asset.id);
  const trash = () =>
    action.run(async () => {
      const job = await answer(client.POST('/api/v1/trash', { body: { assets: others } }));
      addToast({ job, doing: text.doing(others.length), done: text.done });
      setMoved(true);
    });
  return (
    <section className="panel" aria-label={text.group(number)}>
      <div className="panel-head">
        <h2>{group.capped ? text.capped(group.assets.length) : text.size(group.assets.length)}</h2>
        <AssetsLink query={`near-duplicate:${kept}`}>{text.show}</AssetsLink>
      </div>
      <ul className="copies">
        {group.assets.map((asset) => (
          <Picture
            key={asset.id}
            asset={asset}
            group={id}
            kept={asset.id === kept}
            keep={edit ? () => setKept(asset.id) : undefined}
          />
        ))}
      </ul>
      {moved ? (
        <p className="quiet" role="status">
          {text.moved}
        </p>
      ) : edit ? (
        <div className="row">
          <button type="button" className="secondary" disabled={action.busy} onClick={trash}>
            {text.trash(others.length)}
          </button>
        </div>
      ) : null}
      <ErrorText text={action.error} />
    </section>
  );
}

export function DuplicatesPage() {
  const { query = '' } = route.useSearch();
  const { data, error, hasNextPage, isFetching, fetchNextPage } = useInfiniteQuery(assetQueries.duplicates(query));
  const [wanted, setWanted] = useState(AT_ONCE);
  const groups = data?.pages.flatMap((page) => page.groups) ?? [];
  const examined = data?.pages.reduce((sum, page) => sum + page.examined, 0) ?? 0;
  const notes = [...new Set(data?.pages.flatMap((page) => page.notes) ?? [])];
  const looking = hasNextPage && groups.length < wanted && error === null;
  useEffect(() => {
    if (looking && !isFetching) void fetchNextPage(); // a page examines for some seconds, and may find nothing
  }, [looking, isFetching, fetchNextPage]);
  return (
    <main className="page wide">
      <PageHead title={text.title} lead={query === '' ? text.all : text.among(query)} />
      <Pending data={data} error={error} />
      {data === undefined ? null : (
        <div className="stack">
          <p role="status">
            {looking
              ? text.looking(examined)
              : groups.length === 0
                ? text.none
                : text.examined(groups.length, examined)}{' '}
            <AssetsLink query={query}>{text.toLibrary}</AssetsLink>
          </p>
          <Sentences texts={notes} />
          {groups.map((group, place) => (
            <Group key={group.assets[0]?.id} group={group} number={place + 1} />
          ))}
          {hasNextPage && !looking ? (
            <p>
              <button type="button" className="secondary" onClick={() => setWanted(groups.length + AT_ONCE)}>
                {text.more}
              </button>
            </p>
          ) : null}
        </div>
      )}
    </main>
  );
}
