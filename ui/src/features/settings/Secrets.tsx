// The master keys: what each of them encrypts, and how to replace the newest one. No key ever comes to a page.
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { answer, client, type MasterKeys } from '../../api/client';
import { keys } from '../../api/queries';
import { settingsQueries } from '../../api/settingsQueries';
import { Confirm } from '../../components/Confirm';
import { Copyable } from '../../components/CopyButton';
import { ErrorText } from '../../components/ErrorText';
import { Pending } from '../../components/Notice';
import { Prose } from '../../components/Rich';
import { TableBox } from '../../components/TableBox';
import { Needs } from './Needs';
import { text as texts } from './text';
import { useChange } from './useChange';

const text = texts.secrets;

function KeyTable({ found }: { found: MasterKeys }) {
  if (found.keys.length === 0) return null;
  return (
    <TableBox name="settings-table" label={text.title} columns={text.columns}>
      {found.keys.map((key) => {
        const { label, tone } = text.ages[key.newest ? 'newest' : 'older'];
        return (
          <tr key={key.id}>
            <td className="mono">{key.id}</td>
            <td>{text.kinds[key.kind] ?? key.kind}</td>
            <td>
              <span className={`badge tone-${tone}`}>{label}</span>
            </td>
            <td>{text.encrypts(key.secrets)}</td>
          </tr>
        );
      })}
    </TableBox>
  );
}

/** What is left to do, and the button that does it. */
function Rotate({ found }: { found: MasterKeys }) {
  const [asking, setAsking] = useState(false);
  const [done, setDone] = useState('');
  const { busy, error, change, changed } = useChange(keys.masterKeys);
  const total = found.keys.reduce((sum, key) => sum + key.secrets, 0);
  const rotate = async () => {
    const { rewrapped } = await answer(client.POST('/api/v1/master-keys/rotation'));
    setDone(text.rotated(rewrapped));
  };
  return (
    <>
      <div className="row">
        {found.place === 'file' ? (
          <button type="button" className="secondary" aria-haspopup="dialog" onClick={() => setAsking(true)}>
            {text.replace}
          </button>
        ) : found.older > 0 ? (
          <button type="button" className="primary" disabled={busy} onClick={() => change(rotate)}>
            {text.again(found.older)}
          </button>
        ) : null}
        <span className="quiet" role="status">
          {done}
        </span>
      </div>
      <ErrorText text={error} />
      {asking ? (
        <Confirm
          title={text.replaceTitle}
          label={text.replace}
          confirm={async () => {
            await changed(rotate);
            setAsking(false);
          }}
          close={() => setAsking(false)}
          danger={false}
        >
          <p>{text.replaceDetail(total)}</p>
        </Confirm>
      ) : null}
    </>
  );
}

function HowTo() {
  return (
    <section className="panel">
      <h2>{text.howTo.title}</h2>
      <ol className="how-to">
        <li>
          {text.howTo.make} <Copyable text={text.howTo.command} />
        </li>
        {text.howTo.steps.map((step) => (
          <li key={step}>
            <Prose text={step} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function Shown() {
  const { data, error } = useQuery(settingsQueries.masterKeys());
  if (data === undefined) return <Pending data={data} error={error} />;
  const idle = data.place === 'environment' && data.keys.length > 1 && data.older === 0 && data.lost === 0;
  return (
    <div className="stack">
      <section className="panel">
        <h2>{text.title}</h2>
        <p>
          <Prose text={text.explanation} />
        </p>
        <p>
          <Prose text={text.places[data.place]} />
        </p>
        <KeyTable found={data} />
        <ErrorText text={data.lost > 0 ? text.lost(data.lost) : undefined} />
        {idle ? (
          <p>
            <Prose text={text.removable} />
          </p>
        ) : null}
        <Rotate found={data} />
      </section>
      {data.place === 'environment' ? <HowTo /> : null}
    </div>
  );
}

const NEEDED = 'library:maintain';

export function Secrets() {
  return (
    <Needs permission={NEEDED}>
      <Shown />
    </Needs>
  );
}
