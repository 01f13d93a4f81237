// The documents that grant a connection its bucket: one at a time, to copy or to download.
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { Connection, ConnectionDocuments } from '../../api/client';
import { queries } from '../../api/queries';
import { CopyButton } from '../CopyButton';
import { download } from '../download';
import { CheckField } from '../Field';
import { Pending } from '../Notice';
import { Sentences } from '../Rich';
import { Tabs } from '../Tabs';
import { type DocumentName, type DocumentText, documentTexts, hasVersions, isOfBucket, wayOf } from './documents';
import { inFieldNames } from './fieldNames';
import { text } from './text';
import './documents.css';

/** What the form of a connection, or the switch below, calls an option of the command. */
const labelOf = (option: string) =>
  option === 'versions' ? text.documents.versions.label : text.fields[option]?.label;

function Shown({ document, connection }: { document: DocumentText; connection: string }) {
  const label = text.documents.names[document.name];
  const file = `${connection}-${document.name.replaceAll('_', '-')}.${document.suffix}`;
  return (
    <div className="document">
      <div className="row end">
        <CopyButton text={document.content} what={label} />
        <button
          type="button"
          className="copy"
          aria-label={text.documents.downloadAs(label)}
          onClick={() => download(file, document.content)}
        >
          {text.documents.download}
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre tabIndex={0}>{document.content}</pre>
    </div>
  );
}

interface ChoiceProps {
  documents: ConnectionDocuments;
  connection: Connection;
  children: ReactNode; // what the documents may grant besides
}

/** The document first; who gets the access, and what is good to know, after it. */
function Choice({ documents, connection, children }: ChoiceProps) {
  const [chosen, choose] = useState<DocumentName>();
  const found = documentTexts(documents, connection.kind);
  const document = found.find((one) => one.name === chosen) ?? found[0];
  const notes = <Sentences texts={documents.notes.map((note) => inFieldNames(note, labelOf))} />;
  if (document === undefined)
    return documents.notes.length > 0 ? notes : <p className="quiet">{text.documents.none}</p>;
  return (
    <>
      <Sentences texts={documents.steps.map((step) => inFieldNames(step, labelOf))} />
      <Tabs
        label={text.documents.choose}
        value={document.name}
        choices={found.map(({ name }) => ({ value: name, label: text.documents.names[name] }))}
        choose={choose}
      />
      <Shown document={document} connection={connection.name} />
      {connection.kind === 'aws-role' ? (
        <p className="row">
          <span className="quiet">{text.externalId}</span> <code className="wrap">{documents.external_id}</code>
          <CopyButton text={documents.external_id} what={text.externalId} />
        </p>
      ) : null}
      {documents.principal === null ? null : (
        <p className="row">
          <span className="quiet">{text.documents.principal}</span> <code className="wrap">{documents.principal}</code>
        </p>
      )}
      {children}
      {documents.notes.length === 0 ? null : (
        <details>
          <summary>{text.documents.notes}</summary>
          <div className="stack-s">{notes}</div>
        </details>
      )}
    </>
  );
}

export function Documents({ connection }: { connection: Connection }) {
  const { kind, name, settings } = connection;
  const ofBucket = isOfBucket(kind);
  const [versions, setVersions] = useState(false);
  const unplaced = ofBucket && settings.bucket === null;
  const asked = queries.connectionDocuments(name, window.location.origin, versions);
  const { data, error } = useQuery({ ...asked, enabled: !unplaced, placeholderData: keepPreviousData });
  if (unplaced) return <p className="quiet">{text.documents.noBucket}</p>;
  return (
    <>
      {ofBucket ? (
        <p>
          {text.documents.leads[wayOf(kind)]} {wayOf(kind) === 'cors' ? null : text.documents.scope}
        </p>
      ) : null}
      <Pending data={data} error={error} />
      {data === undefined ? null : (
        <Choice documents={data} connection={connection}>
          {hasVersions(kind) ? (
            <CheckField {...text.documents.versions} checked={versions} change={setVersions} />
          ) : null}
        </Choice>
      )}
    </>
  );
}
