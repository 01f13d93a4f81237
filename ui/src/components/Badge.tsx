// A state at a glance: colour and word together, never colour alone.
import type { AssetState, DatasourceStatus, OutcomeKind, RunState } from '../api/client';
import { ASSET_STATES, DATASOURCE_STATUSES, OUTCOME_KINDS, RUN_STATES, type Tone } from '../api/vocabulary';

export function Badge({ label, tone, title }: { label: string; tone: Tone; title?: string }) {
  return (
    <span className={`badge tone-${tone}`} title={title}>
      {label}
    </span>
  );
}

export function RunBadge({ state }: { state: RunState }) {
  return <Badge {...RUN_STATES[state]} />;
}

export function DatasourceBadge({ status }: { status: DatasourceStatus }) {
  return <Badge {...DATASOURCE_STATUSES[status]} />;
}

export function OutcomeBadge({ kind }: { kind: OutcomeKind }) {
  return <Badge {...OUTCOME_KINDS[kind]} />;
}

export function AssetBadge({ state }: { state: AssetState }) {
  return <Badge {...ASSET_STATES[state]} />;
}
