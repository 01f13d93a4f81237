// The documents that grant a connection its bucket: one at a time, to copy or to download.
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { ConnectionDocuments } from '../../api/client';
import { queries } from '../../api/queries';
import { CopyButton } from '../../components/CopyButton';
import { download } from '../../components/download';
import { Pending } from '../../components/Notice';
import { Sentences } from '../../components/Rich';
import { Tabs } from '../../components/Tabs';
import { type DocumentName, type DocumentText, documentTexts } from './documents';
import { text } from './text';

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

function Choice({ documents, connection }: { documents: ConnectionDocuments; connection: string }) {
  const [chosen, choose] = useState<DocumentName>();
  const found = documentTexts(documents);
  const document = found.find((one) => one.name === chosen) ?? found[0];
  return (
    <>
      <Sentences texts={documents.notes} />
      {documents.principal === null ? null : (
        <p className="row">
          <span className="quiet">{text.documents.principal}</span> <code className="wrap">{documents.principal}</code>
        </p>
      )}
      {document === undefined ? (
        <p className="quiet">{text.documents.none}</p>
      ) : (
        <>
          <Tabs
            label={text.documents.choose}
            value={document.name}
            choices={found.map(({ name }) => ({ value: name, label: text.documents.names[name] }))}
            choose={choose}
          />
          <Shown document={document} connection={connection} />
        </>
      )}
    </>
  );
}

export function Documents({ name }: { name: string }) {
  const { data, error } = useQuery(queries.connectionDocuments(name, window.location.origin));
  return (
    <section className="panel">
      <h2>{text.documents.title}</h2>
      <p className="quiet">{text.documents.lead}</p>
      <Pending data={data} error={error} />
      {data === undefined ? null : <Choice documents={data} connection={name} />}
    </section>
  );
}
