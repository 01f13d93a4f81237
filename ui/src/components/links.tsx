// Links to the pages of single things, so that their addresses are written down once.
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { OutcomeKind } from '../api/client';
import { text } from './text';

interface Props {
  children?: ReactNode;
  className?: string;
  title?: string | undefined;
  tabIndex?: number;
}

const exactly = { exact: true };

/** The assets that a query finds. */
export function AssetsLink({ query, ...rest }: Props & { query: string }) {
  return <Link to="/" search={query === '' ? {} : { query }} activeOptions={exactly} {...rest} />;
}

export function AssetLink({ id, ...rest }: Props & { id: string }) {
  return <Link to="/assets/$assetId" params={{ assetId: id }} {...rest} />;
}

export function DatasourceLink({ name, children, ...rest }: Props & { name: string }) {
  return (
    <Link to="/datasources/$name" params={{ name }} {...rest}>
      {children ?? name}
    </Link>
  );
}

export function ConnectionLink({ name, children, ...rest }: Props & { name: string }) {
  return (
    <Link to="/connections/$name" params={{ name }} {...rest}>
      {children ?? name}
    </Link>
  );
}

/** A run; `kind`: its outcomes of that kind. */
export function RunLink({ id, kind, children, ...rest }: Props & { id: number; kind?: OutcomeKind | undefined }) {
  return (
    <Link to="/runs/$runId" params={{ runId: String(id) }} search={kind === undefined ? {} : { kind }} {...rest}>
      {children ?? text.run(id)}
    </Link>
  );
}
