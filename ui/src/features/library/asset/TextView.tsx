// A text as text: whatever it contains, nothing of it is run.
import { useQuery } from '@tanstack/react-query';
import { type AssetFull, type AssetItem, originalUrl } from '../../../api/client';
import { keys } from '../../../api/queries';
import { decoded } from './decoded';
import { text } from './text';

const MOST_SHOWN = 200_000; // characters
const MOST_BYTES = 4 * MOST_SHOWN; // as many as they may take

/** Through the server: these pages may show what is at the address of a bucket, and not read it. */
async function fetchText(asset: AssetItem, encoding: unknown, signal: AbortSignal): Promise<string> {
  const headers = { range: `bytes=0-${MOST_BYTES - 1}` };
  const response = await fetch(originalUrl(asset, { direct: true }), { signal, headers });
  if (!response.ok) throw new Error(text.viewer.textUnavailable);
  return decoded(await response.arrayBuffer(), encoding);
}

export function TextView({ asset, facts }: { asset: AssetItem; facts: AssetFull['facts'] | undefined }) {
  const { data, error } = useQuery({
    queryKey: [...keys.asset(asset.id), 'text', asset.updated],
    queryFn: ({ signal }) => fetchText(asset, facts?.encoding, signal),
    enabled: facts !== undefined,
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  const whole = data !== undefined && data.length <= MOST_SHOWN && asset.size <= MOST_BYTES;
  const loading = data === undefined && error === null;
  const shown = data?.slice(0, MOST_SHOWN) ?? (typeof facts?.first_lines === 'string' ? facts.first_lines : undefined);
  return (
    <div className="stage reading">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section tabIndex={0} aria-label={asset.name}>
        <pre>{loading ? text.viewer.loading : shown}</pre>
      </section>
      {whole || loading ? null : (
        <p className="stage-note" role="status">
          {error !== null ? text.viewer.textUnavailable : text.viewer.textCut}
        </p>
      )}
    </div>
  );
}
