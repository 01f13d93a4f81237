// A text as text, and an HTML page also as a page: whatever it contains, nothing of it is run.
import { useQuery } from '@tanstack/react-query';
import { type AssetItem, answer, client } from '../../../../api/client';
import { describeError } from '../../../../api/problem';
import { keys, queries } from '../../../../api/queries';
import { inWorkspace } from '../../../../api/workspace';
import { Prose } from '../../../../components/Rich';
import { Tabs } from '../../../../components/Tabs';
import type { Reading } from '../useReading';
import { decoded } from './decoded';
import { text } from './text';
import './reading.css';

const MOST_SHOWN = 200_000; // characters
const MOST_BYTES = 4 * MOST_SHOWN; // as many as they may take
const PAGE_BYTES = 4 * 1024 * 1024; // that the server shows of a page

/** Through the server: these pages may show what is at the address of a bucket, and not read it. */
async function fetchText(asset: AssetItem, encoding: unknown, signal: AbortSignal): Promise<string> {
  const params = { path: { asset_id: asset.id }, query: { direct: true } };
  const headers = { range: `bytes=0-${MOST_BYTES - 1}`, accept: '*/*' };
  const request = client.GET('/api/v1/assets/{asset_id}/original', { params, headers, parseAs: 'arrayBuffer', signal });
  return decoded((await answer(request)) as ArrayBuffer, encoding);
}

/** What was read of the text; or what stands for it, and why. */
function useText(asset: AssetItem) {
  const detail = useQuery(queries.asset(asset.id));
  const facts = detail.data?.facts;
  const content = useQuery({
    queryKey: [...keys.asset(asset.id), 'text', asset.updated],
    queryFn: ({ signal }) => fetchText(asset, facts?.encoding, signal),
    enabled: facts !== undefined,
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  const failed = facts === undefined ? detail : content;
  const beginning = typeof facts?.first_lines === 'string' ? facts.first_lines : undefined;
  return {
    data: content.data,
    error: failed.error,
    retry: failed.isFetching ? undefined : () => void failed.refetch(),
    beginning: failed.error === null ? undefined : beginning,
  };
}

/** The server makes the page inert, and the frame would allow it nothing. */
function PageFrame({ asset }: { asset: AssetItem }) {
  const address = `/api/v1/assets/${encodeURIComponent(asset.id)}/page`;
  return <iframe key={asset.updated} title={text.page(asset.name)} sandbox="" src={inWorkspace(address)} />;
}

const VIEWS = (['page', 'source'] as const).map((value) => ({ value, label: text.view[value] }));

export function TextView({ asset, reading }: { asset: AssetItem; reading: Reading }) {
  const { data, error, retry, beginning } = useText(asset);
  const isPage = asset.media_type === 'text/html';
  const view = isPage ? reading.view : 'source';
  const framed = view === 'page' && data !== undefined;
  const whole = data !== undefined && data.length <= MOST_SHOWN && asset.size <= MOST_BYTES;
  const cut = framed ? asset.size > PAGE_BYTES : data !== undefined && !whole;
  return (
    <div className="stage reading">
      {isPage ? (
        <div className="reading-bar">
          <Tabs label={text.views} value={view} choices={VIEWS} choose={reading.show} />
          {framed ? <span className="quiet">{text.inert}</span> : null}
        </div>
      ) : null}
      {framed ? (
        <PageFrame asset={asset} />
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <section tabIndex={0} aria-label={asset.name}>
          <pre>{data?.slice(0, MOST_SHOWN) ?? beginning ?? (error === null ? text.loading : null)}</pre>
        </section>
      )}
      {error !== null ? (
        <div className="stage-note" role="alert">
          {text.unavailable} <Prose text={describeError(error)} />{' '}
          <button type="button" className="link" disabled={retry === undefined} onClick={retry}>
            {text.retry}
          </button>
        </div>
      ) : cut ? (
        <p className="stage-note" role="status">
          {text.cut}
        </p>
      ) : null}
    </div>
  );
}
