// Pictures that are almost the same as this one, and those that show something similar: a strip each, with its search.
import { useQuery } from '@tanstack/react-query';
import { assetQueries } from '../../../api/assetQueries';
import { type AssetItem, thumbnailUrl } from '../../../api/client';
import { AssetLink, AssetsLink } from '../../../components/links';
import { Prose } from '../../../components/Rich';
import { text } from './sideText';

const { similar } = text;

interface StripProps {
  id: string;
  query: string;
  title: string;
  all: string;
}

/** Nothing while it is not known, where nothing matches, and where pictures are not compared; why, if the search failed. */
function Strip({ id, query, title, all }: StripProps) {
  const { data, error } = useQuery(assetQueries.like(query));
  if (data === undefined && error !== null)
    return (
      <section className="part" aria-label={title}>
        <h2>{title}</h2>
        <p className="error-text">
          <Prose text={error.message} />
        </p>
      </section>
    );
  const others = data?.items.filter((one) => one.id !== id && one.placeholder !== null) ?? [];
  if (others.length === 0) return null;
  return (
    <section className="part" aria-label={title}>
      <h2>{title}</h2>
      <ul className="similar">
        {others.map((one) => (
          <li key={one.id}>
            <AssetLink id={one.id}>
              <img src={thumbnailUrl(one)} alt={one.name} />
            </AssetLink>
          </li>
        ))}
      </ul>
      <p>
        <AssetsLink query={query}>{all}</AssetsLink>
      </p>
    </section>
  );
}

export function Similar({ asset }: { asset: AssetItem }) {
  const { id } = asset;
  return (
    <>
      <Strip id={id} query={`near-duplicate:${id}`} title={similar.same} all={similar.allSame} />
      <Strip id={id} query={`like-image:${id}`} title={similar.like} all={similar.allLike} />
    </>
  );
}
