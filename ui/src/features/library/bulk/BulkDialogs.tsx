// The dialogs of the selection: what would change is counted before, and a job of the server changes it.
import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';
import { answer, client, type ExportFormat } from '../../../api/client';
import { libraryQueries } from '../../../api/libraryQueries';
import { describeError } from '../../../api/problem';
import { exportFormats } from '../../../components/exports/text';
import { CheckField, SelectField, TextField } from '../../../components/Field';
import { lazyPart } from '../../../components/lazyPart';
import { text as texts } from '../../../components/text';
import { addToast } from '../../../components/toasts';
import { ReprocessDialog } from '../reprocess/ReprocessDialog';
import { asRequest, sizeOf } from '../selection';
import { bodyOf, type Draft, EMPTY, isNothing } from './draft';
import { Frame, type Props } from './Frame';
import { MetadataRows, newRow } from './MetadataRows';
import { Tokens } from './Tokens';
import { text } from './text';
import './bulk.css';

const FORMATS = Object.entries(exportFormats).map(([value, label]) => ({ value, label }));

const SplitDialog = lazyPart(() => import('./split/SplitDialog'), 'SplitDialog');

export function BulkDialog(props: Props) {
  if (props.action === 'reprocess') return <ReprocessDialog {...props} />;
  if (props.action === 'split') return <SplitDialog {...props} action={props.action} />;
  if (props.action === 'export') return <ExportDialog {...props} action={props.action} />;
  if (props.action === 'restore' || props.action === 'trash') return <MoveDialog {...props} action={props.action} />;
  return <EditDialog {...props} action={props.action} />;
}

function Counted({
  shown,
  found,
}: {
  shown: boolean;
  found: ReturnType<typeof useQuery<{ assets: number; changed: number }>>;
}) {
  const { data, error } = found;
  return (
    <p className="quiet" role="status">
      {!shown
        ? text.nothing
        : error !== null
          ? describeError(error)
          : data === undefined
            ? text.counting
            : text.preview(data.assets, data.changed)}
    </p>
  );
}

function EditDialog(props: Props & { action: 'tags' | 'metadata' | 'projects' }) {
  const { action, selection } = props;
  const [draft, setDraft] = useState<Draft>(action === 'metadata' ? { ...EMPTY, rows: [newRow(1)] } : EMPTY);
  const [typing, setTyping] = useState(false); // leaving the field adds what is typed, so the button may be pressed
  const change = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  const nothing = isNothing(draft);
  const body = bodyOf(asRequest(selection), draft);
  const late = useDeferredValue(nothing ? undefined : body);
  const found = useQuery(libraryQueries.editPreview(late));
  const unchanged = late === body && found.data?.changed === 0;

  const start = async () => {
    const raw = { body: body as never, bodySerializer: () => body }; // sent as it is: numbers keep their digits
    const job = await answer(client.POST('/api/v1/edits', raw));
    addToast({ job, doing: text.doing.edit(sizeOf(selection)), done: text.done.edit });
  };
  return (
    <Frame {...props} label={text.apply[action]} blocked={(nothing || unchanged) && !typing} start={start}>
      {action === 'tags' ? (
        <>
          <Tokens
            label={text.tags.add}
            field="tag"
            names={draft.addTags}
            change={(addTags) => change({ addTags })}
            typing={setTyping}
          />
          <Tokens
            label={text.tags.remove}
            field="tag"
            names={draft.removeTags}
            change={(removeTags) => change({ removeTags })}
            typing={setTyping}
          />
        </>
      ) : null}
      {action === 'projects' ? (
        <>
          <Tokens
            label={text.projects.add}
            field="project"
            names={draft.addProjects}
            change={(addProjects) => change({ addProjects })}
            typing={setTyping}
          />
          <p className="quiet">{text.projects.hint}</p>
          <Tokens
            label={text.projects.remove}
            field="project"
            names={draft.removeProjects}
            change={(removeProjects) => change({ removeProjects })}
            typing={setTyping}
          />
        </>
      ) : null}
      {action === 'metadata' ? <MetadataRows rows={draft.rows} change={(rows) => change({ rows })} /> : null}
      <Counted shown={!nothing} found={found} />
    </Frame>
  );
}

/** To the trash, or out of it. */
function MoveDialog(props: Props & { action: 'restore' | 'trash' }) {
  const { action, selection } = props;
  const body = asRequest(selection);
  const found = useQuery(libraryQueries.movePreview(action, body));
  const start = async () => {
    const request =
      action === 'trash' ? client.POST('/api/v1/trash', { body }) : client.POST('/api/v1/restorations', { body });
    addToast({ job: await answer(request), doing: text.doing[action](sizeOf(selection)), done: text.done[action] });
  };
  return (
    <Frame {...props} label={text[action].apply} blocked={found.data?.changed === 0} start={start}>
      <p>{text[action].explanation}</p>
      <Counted shown found={found} />
    </Frame>
  );
}

function ExportDialog(props: Props & { action: 'export' }) {
  const { selection } = props;
  const [format, setFormat] = useState<ExportFormat>('parquet');
  const [fields, setFields] = useState('');
  const [upright, setUpright] = useState(false);
  const copies = format === 'webdataset'; // the files themselves
  const start = async () => {
    const columns = fields
      .split(',')
      .map((field) => field.trim())
      .filter((field) => field !== '');
    const body = {
      format,
      ...asRequest(selection),
      ...(columns.length > 0 ? { fields: columns } : {}),
      ...(copies && upright ? { bake_orientation: true } : {}),
    };
    const job = await answer(client.POST('/api/v1/exports', { body: body as never }));
    addToast({ job, doing: text.doing.export(sizeOf(selection)), done: text.done.export });
  };
  return (
    <Frame {...props} label={text.export.apply} blocked={false} start={start}>
      <SelectField
        label={text.export.format}
        value={format}
        change={(value) => setFormat(value as ExportFormat)}
        options={FORMATS}
      />
      <TextField label={text.export.fields} placeholder={text.export.fieldsHint} value={fields} change={setFields} />
      {copies ? <CheckField {...texts.upright} checked={upright} change={setUpright} /> : null}
      <p className="quiet">{text.export.kept}</p>
    </Frame>
  );
}
