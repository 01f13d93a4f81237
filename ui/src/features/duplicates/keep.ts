// Which of several near-duplicates to keep. Pure.
import type { AssetItem } from '../../api/client';

/** The asset with the most pixels, of these the one with the most bytes, of these the oldest: the group begins with it. */
export function bestOf(assets: readonly AssetItem[]): string | undefined {
  const pixels = ({ width, height }: AssetItem) => (width ?? 0) * (height ?? 0);
  const [first, ...others] = assets;
  if (first === undefined) return undefined;
  return others.reduce((best, one) => {
    const more = pixels(one) - pixels(best) || one.size - best.size;
    return more > 0 ? one : best;
  }, first).id;
}
