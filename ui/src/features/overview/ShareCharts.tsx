// What the library holds by type, datasource and folder: how many assets, or how many bytes.
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Facet } from '../../api/client';
import { queries } from '../../api/queries';
import { bytes, count } from '../../components/format';
import { AssetsLink } from '../../components/links';
import { Pending } from '../../components/Notice';
import { Tabs } from '../../components/Tabs';
import { MEASURES } from './measures';
import { Panel } from './Panel';
import { type Listed, sharesByAssets, sharesByBytes } from './shares';
import { text } from './text';

const route = getRouteApi('/overview');
const EXACTLY = { exact: true };
const SHOWN = 8;
const CHARTS = ['type', 'datasource', 'folder'] as const;
const CHOICES = MEASURES.map((value) => ({ value, label: text.shares.measures[value] }));

type ChartName = (typeof CHARTS)[number];

interface ChartProps {
  chart: ChartName;
  listed: Listed | undefined; // not here yet
  error: Error | null;
  format: (size: number) => string;
}

/** Where the parts are that a chart does not show. */
function All({ chart, children }: { chart: ChartName; children: ReactNode }) {
  if (chart === 'datasource') return <Link to="/datasources">{children}</Link>;
  return (
    <Link to="/" search={{ panel: chart === 'folder' ? 'folders' : 'filters' }} activeOptions={EXACTLY}>
      {children}
    </Link>
  );
}

/** Parts of the library, each with a bar that is as long as its share of the largest. */
function Chart({ chart, listed, error, format }: ChartProps) {
  const title = text.shares[chart];
  if (listed === undefined)
    return (
      <Panel title={title}>
        <Pending data={listed} error={error} />
      </Panel>
    );
  const { shares, more } = listed;
  const most = Math.max(1, ...shares.map((share) => share.size));
  const rest = Math.max(0, shares.length - SHOWN);
  return (
    <Panel title={title}>
      {shares.length === 0 ? <p className="quiet">{text.shares.empty}</p> : null}
      <ul className="shares">
        {shares.slice(0, SHOWN).map((share) => (
          <li key={`${share.query} ${share.name}`}>
            <AssetsLink className="wrap" query={share.query}>
              {share.name}
            </AssetsLink>
            <span className="number">{format(share.size)}</span>
            <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
              <rect width="100" height="4" className="share-ground" />
              <rect width={Math.max(0.5, (100 * share.size) / most)} height="4" className="share-bar" />
            </svg>
          </li>
        ))}
      </ul>
      {rest > 0 || more ? (
        <p>
          <All chart={chart}>{text.shares.more(rest, more)}</All>
        </p>
      ) : null}
    </Panel>
  );
}

interface Props {
  facets: Facet[] | undefined;
  broken: boolean; // the facets could not be had, as the page says already
}

export function ShareCharts({ facets, broken }: Props) {
  const { by = 'assets' } = route.useSearch();
  const navigate = useNavigate();
  const folders = useQuery(queries.topFolders());
  const storage = useQuery({ ...queries.storage(), enabled: by === 'bytes' });
  const shares = by === 'bytes' ? sharesByBytes(storage.data) : sharesByAssets(facets, folders.data);
  const shown = by === 'assets' && broken ? CHARTS.filter((chart) => chart === 'folder') : CHARTS;
  const sampled = by === 'bytes' && storage.data !== undefined && storage.data.sampled !== null;
  return (
    <section className="stack" aria-label={text.shares.title}>
      <div className="share-head">
        <Tabs
          label={text.shares.measured}
          value={by}
          choices={CHOICES}
          choose={(next) => navigate({ to: '/overview', search: next === 'bytes' ? { by: next } : {} })}
        />
        {sampled ? <p className="quiet">{text.shares.sampled}</p> : null}
      </div>
      <div className="share-panels">
        {shown.map((chart) => (
          <Chart
            key={chart}
            chart={chart}
            listed={shares[chart]}
            error={by === 'bytes' ? storage.error : chart === 'folder' ? folders.error : null}
            format={by === 'bytes' ? bytes : count}
          />
        ))}
      </div>
    </section>
  );
}
