// A text as text: whatever it contains, nothing of it is run.
import { useQuery } from '@tanstack/react-query';
import { type AssetItem, originalUrl } from '../../../api/client';
import { keys } from '../../../api/queries';
import { text } from './text';

const MOST_BYTES = 2_000_000; // of an original that is fetched
const MOST_SHOWN = 200_000; // characters

/** Originals of buckets come from the address of the bucket, which these pages may show and not read. */
function isReadable(asset: AssetItem): boolean {
  return asset.uri.startsWith('file:') && asset.size <= MOST_BYTES;
}

async function fetchText(asset: AssetItem, signal: AbortSignal): Promise<string> {
  const response = await fetch(originalUrl(asset), { signal });
  if (!response.ok) throw new Error(text.viewer.textUnavailable);
  return response.text();
}

export function TextView({ asset, firstLines }: { asset: AssetItem; firstLines: string | undefined }) {
  const readable = isReadable(asset);
  const { data, error } = useQuery({
    queryKey: [...keys.asset(asset.id), 'text', asset.updated],
    queryFn: ({ signal }) => fetchText(asset, signal),
    enabled: readable,
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  const whole = data !== undefined && data.length <= MOST_SHOWN;
  const loading = readable && data === undefined && error === null;
  return (
    <div className="stage reading">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section tabIndex={0} aria-label={asset.name}>
        <pre>{loading ? text.viewer.loading : (data?.slice(0, MOST_SHOWN) ?? firstLines)}</pre>
      </section>
      {whole || loading ? null : (
        <p className="stage-note" role="status">
          {error !== null ? text.viewer.textUnavailable : text.viewer.textCut}
        </p>
      )}
    </div>
  );
}
