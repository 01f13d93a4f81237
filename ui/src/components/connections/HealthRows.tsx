// The health of a connection: one row per permission, green or red; a red one with the cloud's answer and a fix to copy.
import type { ReactNode } from 'react';
import type { AbilityCheck, Health } from '../../api/client';
import { ESSENTIAL } from '../../api/connectionKinds';
import { Copyable } from '../CopyButton';
import { ago, when } from '../format';
import { Icon } from '../Icon';
import { Prose } from '../Rich';
import { fieldsOfCommand } from './fieldNames';
import { text } from './text';

type Verdict = 'passed' | 'failed' | 'notTried';

function verdictOf(row: AbilityCheck): Verdict {
  if (row.ok === null) return 'notTried';
  return row.ok ? 'passed' : 'failed';
}

const TONES = { passed: 'tone-good', failed: 'tone-bad', notTried: 'tone-calm' } as const;
const ICONS = { passed: 'done', failed: 'close', notTried: 'skip' } as const;

function Detail({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Row({ row }: { row: AbilityCheck }) {
  const verdict = verdictOf(row);
  const fields = fieldsOfCommand(row.fix ?? '');
  return (
    <li className={`health-row ${TONES[verdict]}`}>
      <Icon name={ICONS[verdict]} />
      <div>
        <p>
          <strong>{row.check}</strong> <span className="hidden">{text.health[verdict]}</span>
          <span className={verdict === 'failed' ? undefined : 'quiet'}>
            <Prose text={row.message} />
          </span>
        </p>
        {verdict === 'failed' ? (
          <dl className="health-details">
            {row.key ? (
              <Detail label={text.health.key}>
                <code className="wrap">{row.key}</code>
              </Detail>
            ) : null}
            {row.error ? (
              <Detail label={text.health.error}>
                <code className="wrap">{row.error}</code>
              </Detail>
            ) : null}
            {row.cause && !row.message.includes(row.cause) ? (
              <Detail label={text.health.cause}>
                <Prose text={row.cause} />
              </Detail>
            ) : null}
            {row.fix ? (
              <Detail label={text.health.fix}>
                <Copyable text={row.fix} what={text.health.theFix} />
                {fields.length === 0 ? null : <p className="hint">{text.health.orFields(fields)}</p>}
              </Detail>
            ) : null}
          </dl>
        ) : null}
      </div>
    </li>
  );
}

/** Whether the checks passed, in one line; null: never checked. */
export function HealthSummary({ health }: { health: Health | null }) {
  if (health === null) return <span className="badge tone-calm">{text.health.never}</span>;
  const red = health.checks.some((row) => row.ok === false);
  const broken = health.checks.some((row) => row.ok === false && ESSENTIAL.includes(row.check));
  const [tone, label] = broken
    ? (['bad', text.health.broken] as const)
    : red
      ? (['warn', text.health.partly] as const)
      : (['good', text.health.ok] as const);
  return (
    <span className={`badge tone-${tone}`} title={text.health.checked(when(health.checked))}>
      {label}
    </span>
  );
}

export function HealthRows({ health }: { health: Health }) {
  return (
    <>
      <p className="row">
        <HealthSummary health={health} />
        <span className="quiet" title={when(health.checked)}>
          {text.health.checked(ago(health.checked))}
        </span>
      </p>
      <ul className="health">
        {health.checks.map((row) => (
          <Row key={row.check} row={row} />
        ))}
      </ul>
    </>
  );
}
