// The link to the assets of a datasource, once there can be some.
import type { Datasource } from '../../api/client';
import { quoted } from '../../components/format';
import { AssetsLink } from '../../components/links';
import { text as texts } from '../../components/text';
import { text } from './text';

/** Whether there are assets to look at: a run has ended well, or one that works has found some. */
export function hasAssets({ assets, last_run }: Datasource): boolean {
  return assets > 0 || last_run?.state === 'succeeded' || last_run?.state === 'held';
}

export function Assets({ source, className }: { source: Datasource; className: string }) {
  if (!hasAssets(source))
    return (
      <span className="asset-count quiet" title={text.card.noAssetsReason}>
        {text.card.noAssets}
      </span>
    );
  return (
    <AssetsLink
      className={className}
      query={`datasource:${quoted(source.name)}`}
      title={text.card.viewAssets(source.name)}
    >
      {texts.assets(source.assets)}
    </AssetsLink>
  );
}
