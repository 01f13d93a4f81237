// What a datasource selects and what happens to that: one mirror config, or an ordered list of them.
import { type ReactNode, useState } from 'react';
import type { Orphans } from '../../api/client';
import { AreaField, CheckField, type Option, RadioCards, SelectField, TextField } from '../../components/Field';
import { type ConfigForm, lines, moved, NEW_CONFIG } from './configForm';
import { configPlace, type SettingsForm } from './settingsForm';
import { text } from './text';
import { text as wizardText } from './wizard/text';

const ORPHANS: readonly Orphans[] = ['trash', 'keep', 'remove'];
export const options = (labels: Record<string, string>): Option[] =>
  Object.entries(labels).map(([value, label]) => ({ value, label }));

export function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="form-group">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

interface ConfigProps {
  form: ConfigForm;
  set: (form: ConfigForm) => void;
  errors: Record<string, string>; // by the names of the settings
  place: string; // what those of this config begin with
}

/** Exact keys and a file of patterns: few people need them. */
export function MorePatterns({ form, set, errors, place }: ConfigProps) {
  const { paths, globFile } = text.settings;
  const [used] = useState(form.paths !== '' || form.globFile !== '');
  const wrong = [errors[`${place}paths`], errors[`${place}glob_file_path`]];
  return (
    <details open={used || wrong.some((one) => one !== undefined)}>
      <summary>{text.settings.morePatterns}</summary>
      <div className="stack">
        <AreaField
          {...paths}
          mono
          error={wrong[0]}
          value={form.paths}
          change={(value) => set({ ...form, paths: value })}
        />
        <TextField
          {...globFile}
          mono
          error={wrong[1]}
          value={form.globFile}
          change={(value) => set({ ...form, globFile: value })}
        />
      </div>
    </details>
  );
}

export function PatternFields(props: ConfigProps) {
  const { form, set, errors, place } = props;
  const { only, except } = wizardText.location;
  return (
    <>
      <AreaField
        {...only}
        mono
        error={errors[`${place}glob_patterns`]}
        value={form.globs}
        change={(globs) => set({ ...form, globs })}
      />
      <AreaField
        {...except}
        mono
        rows={2}
        error={errors[`${place}exclude`]}
        value={form.exclude}
        change={(exclude) => set({ ...form, exclude })}
      />
      <MorePatterns {...props} />
    </>
  );
}

export function OrphansField({ form, set }: Pick<ConfigProps, 'form' | 'set'>) {
  const { orphans } = text.settings;
  return (
    <RadioCards
      legend={orphans.legend}
      name="orphans"
      value={form.orphans}
      change={(value) => set({ ...form, orphans: value as Orphans })}
      options={ORPHANS.map((value) => ({ value, ...orphans[value] }))}
    />
  );
}

export function NamingFields({ form, set, errors, place }: ConfigProps) {
  const { settings } = text;
  return (
    <>
      <SelectField
        label={settings.strategy}
        value={form.strategy}
        change={(strategy) => set({ ...form, strategy: strategy as ConfigForm['strategy'] })}
        options={options(settings.strategies)}
      />
      <SelectField
        label={settings.naming}
        value={form.naming}
        change={(naming) => set({ ...form, naming: naming as ConfigForm['naming'] })}
        options={options(settings.namings)}
      />
      {form.naming === 'metadata' ? (
        <TextField
          {...settings.namingKey}
          mono
          error={errors[`${place}namingStrategyMetadataKey`]}
          value={form.namingKey}
          change={(namingKey) => set({ ...form, namingKey })}
        />
      ) : null}
    </>
  );
}

export function UpdateFields({ form, set }: Pick<ConfigProps, 'form' | 'set'>) {
  const { updateImage, updateMetadata } = text.settings;
  return (
    <>
      <CheckField
        {...updateImage}
        checked={form.updateImage}
        change={(value) => set({ ...form, updateImage: value })}
      />
      <CheckField
        {...updateMetadata}
        checked={form.updateMetadata}
        change={(value) => set({ ...form, updateMetadata: value })}
      />
    </>
  );
}

/** What happens to the objects of one of several configs. */
function ConfigChoices(props: ConfigProps) {
  const { form, set } = props;
  const { orphans } = text.settings;
  const choices = Object.fromEntries(ORPHANS.map((value) => [value, orphans[value].label]));
  return (
    <>
      <div className="form-grid">
        <SelectField
          label={orphans.legend}
          value={form.orphans}
          change={(value) => set({ ...form, orphans: value as Orphans })}
          options={options(choices)}
        />
        <NamingFields {...props} />
      </div>
      <UpdateFields form={form} set={set} />
    </>
  );
}

interface ListProps {
  form: SettingsForm;
  set: (form: SettingsForm) => void;
  errors: Record<string, string>;
  part?: 'patterns' | 'choices'; // of each config; else all of it
}

function titleOf(config: ConfigForm, index: number): string {
  const name = config.id || lines(config.globs).join(', ') || text.page.facts.everything;
  return text.configs.title(index + 1, name);
}

/** The configs in their order. Where only their choices are shown, they stay in it. */
export function ConfigList({ form, set, errors, part }: ListProps) {
  const { configs } = form;
  const change = (next: ConfigForm[]) => set({ ...form, configs: next });
  return configs.map((config, index) => {
    const act = (label: string, next: ConfigForm[]) => (
      <button
        type="button"
        className="secondary"
        aria-label={text.configs.of(label, index + 1)}
        onClick={() => change(next)}
      >
        {label}
      </button>
    );
    const props = {
      form: config,
      set: (next: ConfigForm) => change(configs.with(index, next)),
      errors,
      place: configPlace(form, index),
    };
    return (
      // biome-ignore lint/suspicious/noArrayIndexKey: a config is its place in the order
      <fieldset key={index} className="config panel">
        <legend>{titleOf(config, index)}</legend>
        {part === 'patterns' ? null : (
          <TextField {...text.configs.name} value={config.id} change={(id) => props.set({ ...config, id })} />
        )}
        {part === 'choices' ? null : <PatternFields {...props} />}
        {part === 'patterns' ? null : <ConfigChoices {...props} />}
        {part === 'choices' ? null : (
          <div className="row">
            {index > 0 ? act(text.configs.up, moved(configs, index, index - 1)) : null}
            {index < configs.length - 1 ? act(text.configs.down, moved(configs, index, index + 1)) : null}
            {configs.length > 1 ? act(text.configs.remove, configs.toSpliced(index, 1)) : null}
          </div>
        )}
      </fieldset>
    );
  });
}

export function AddConfig({ form, set }: Omit<ListProps, 'errors'>) {
  return (
    <p className="row">
      <button
        type="button"
        className="secondary"
        onClick={() => set({ ...form, configs: [...form.configs, NEW_CONFIG] })}
      >
        {text.configs.add}
      </button>
      <span className="quiet">{text.configs.note}</span>
    </p>
  );
}
