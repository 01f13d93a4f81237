// Add a datasource in three steps. What was chosen is in the address; the tab keeps the settings of the last step.
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useCallback } from 'react';
import type { Connection } from '../../../api/client';
import { queries } from '../../../api/queries';
import { ErrorNotice, Notice, Pending } from '../../../components/Notice';
import { PageHead } from '../../../components/PageHead';
import { usePermission } from '../../../components/usePermission';
import { useSteadyError } from '../../../components/useSteadyError';
import { ConnectionStep } from './ConnectionStep';
import { LocationStep } from './LocationStep';
import { SettingsStep } from './SettingsStep';
import { text } from './text';
import { addressOf, STEPS, type Step, type WizardSearch } from './wizard';
import '../datasources.css';
import './wizard.css';

const route = getRouteApi('/new/datasource');

/** The last step that can be shown: a later one needs what an earlier one asks. */
function reachable(search: WizardSearch, connection: Connection | undefined): Step {
  const { via } = search;
  if (connection === undefined && (via === undefined || via === 'new')) return 'connection';
  return addressOf(search, connection) === undefined ? 'location' : 'settings';
}

interface StepsProps {
  current: Step;
  last: Step;
  go: (step: Step) => void;
}

function Steps({ current, last, go }: StepsProps) {
  return (
    <nav aria-label={text.stepsLabel}>
      <ol className="steps">
        {STEPS.map((step, place) => (
          <li key={step}>
            <button
              type="button"
              aria-current={step === current ? 'step' : undefined}
              disabled={place > STEPS.indexOf(last)}
              onClick={() => go(step)}
            >
              <span className="step-number">{place + 1}</span>
              <span className="step-name">{text.steps[step]}</span>
            </button>
          </li>
        ))}
      </ol>
    </nav>
  );
}

function Wizard({ search, connections }: { search: WizardSearch; connections: Connection[] }) {
  const navigate = useNavigate();
  const connection = connections.find((one) => one.name === search.connection);
  const last = reachable(search, connection);
  const wanted = STEPS.indexOf(search.step ?? 'connection');
  const current = STEPS[Math.min(wanted, STEPS.indexOf(last))] ?? 'connection';
  const change = useCallback(
    (next: WizardSearch) => void navigate({ to: '/new/datasource', search: next, replace: true }),
    [navigate],
  );
  const go = (step: Step) => void navigate({ to: '/new/datasource', search: { ...search, step } });
  return (
    <>
      <Steps current={current} last={last} go={go} />
      {current === 'connection' ? <ConnectionStep search={search} change={change} /> : null}
      {current === 'location' ? <LocationStep search={search} connection={connection} change={change} /> : null}
      {current === 'settings' ? (
        <SettingsStep search={search} connection={connection} back={() => go('location')} />
      ) : (
        <div className="row wizard-actions">
          {current === 'location' ? (
            <button type="button" className="secondary" onClick={() => go('connection')}>
              {text.previous}
            </button>
          ) : null}
          <span className="spacer" />
          <button
            type="button"
            className="primary"
            disabled={last === current}
            onClick={() => go(STEPS[STEPS.indexOf(current) + 1] ?? 'settings')}
          >
            {text.next}
          </button>
        </div>
      )}
    </>
  );
}

export function WizardPage() {
  const search = route.useSearch();
  const may = usePermission();
  const identity = useQuery(queries.identity());
  const { data, error } = useQuery(queries.connections());
  const failure = useSteadyError(identity.error ?? error, data);
  if (failure !== null && data === undefined)
    return (
      <main className="page">
        <ErrorNotice error={failure} />
      </main>
    );
  if (identity.data !== undefined && !may('datasources:edit'))
    return (
      <main className="page">
        <Notice title={text.title}>
          <p>{text.noPermission}</p>
        </Notice>
      </main>
    );
  return (
    <main className="page">
      <PageHead title={text.title} above={<Link to="/datasources">{text.back}</Link>} />
      <Pending data={data} error={null} />
      {data === undefined ? null : <Wizard search={search} connections={data} />}
    </main>
  );
}
