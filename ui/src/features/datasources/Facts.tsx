// What a datasource mirrors, and how: its settings in words, those of several mirror configs apart.
import type { ReactNode } from 'react';
import type { Datasource, MirrorConfig } from '../../api/client';
import { ConnectionLink } from '../../components/links';
import { text } from './text';

const { facts } = text.page;

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd className="wrap">{children}</dd>
    </div>
  );
}

function Lines({ label, lines }: { label: string; lines: readonly string[] }) {
  if (lines.length === 0) return null;
  return (
    <Fact label={label}>
      <span className="mono">{lines.join('\n')}</span>
    </Fact>
  );
}

function Selection({ config }: { config: MirrorConfig }) {
  const { globs, paths, glob_file: file, exclude } = config;
  const everything = globs.length === 0 && paths.length === 0 && file === null;
  return (
    <>
      {everything ? <Fact label={facts.patterns}>{facts.everything}</Fact> : null}
      <Lines label={facts.patterns} lines={globs} />
      <Lines label={facts.paths} lines={paths} />
      <Lines label={facts.globFile} lines={file === null ? [] : [file]} />
      <Lines label={facts.except} lines={exclude} />
      <Fact label={facts.orphans}>{text.settings.orphans[config.orphans].label}</Fact>
      <Fact label={facts.strategy}>{text.settings.strategies[config.metadata_strategy]}</Fact>
      <Fact label={facts.naming}>{text.settings.namings[config.naming]}</Fact>
    </>
  );
}

/** Each of several configs, in the order in which they select. */
function Configs({ configs }: { configs: readonly MirrorConfig[] }) {
  return configs.map((config, place) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a config is identified by its place in the order
    <section key={place} className="stack-s">
      <h3 className="wrap">{facts.config(place + 1, config.id)}</h3>
      <dl className="described">
        <Selection config={config} />
      </dl>
    </section>
  ));
}

export function Facts({ source }: { source: Datasource }) {
  const [only, ...more] = source.configs;
  return (
    <section className="panel">
      <h2>{facts.title}</h2>
      <dl className="described">
        <Fact label={facts.connection}>
          {source.connection === null ? facts.none : <ConnectionLink name={source.connection} />}
        </Fact>
        {source.endpoint === null ? null : (
          <Fact label={facts.endpoint}>
            <span className="mono">{source.endpoint}</span>
          </Fact>
        )}
        {only !== undefined && more.length === 0 ? <Selection config={only} /> : null}
        <Fact label={facts.media}>{source.media.map((kind) => text.page.media[kind]).join(', ')}</Fact>
        {source.labels === null ? null : <Fact label={facts.labels}>{facts.labelsOf(source.labels.ontology)}</Fact>}
        {source.description === null ? null : <Fact label={facts.description}>{source.description}</Fact>}
      </dl>
      {more.length === 0 ? null : <Configs configs={source.configs} />}
    </section>
  );
}
