// The fields of the settings of a datasource: the same in the wizard and on its page.
import { type ReactNode, useState } from 'react';
import type { Depth, Orphans } from '../../api/client';
import { CheckField, RadioCards, SelectField, TextField } from '../../components/Field';
import { Choices, NextRuns } from './ScheduleFields';
import { fromForm } from './schedule';
import { type Duplicates, LIMITS, type PoliciesForm, type SettingsForm } from './settingsForm';
import { text } from './text';

interface Props {
  form: SettingsForm;
  set: (form: SettingsForm) => void;
  errors: Record<string, string>;
}

const ORPHANS: readonly Orphans[] = ['trash', 'keep', 'remove'];
const DEPTHS: readonly Depth[] = ['full', 'header', 'none'];
const options = (labels: Record<string, string>) => Object.entries(labels).map(([value, label]) => ({ value, label }));

export function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="form-group">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

interface PoliciesProps {
  form: PoliciesForm;
  set: (form: PoliciesForm) => void;
  errors: Record<string, string>;
}

/** Folded unless something is set: most people reject nothing. */
function Policies({ form, set, errors }: PoliciesProps) {
  const { policies } = text.settings;
  const [open] = useState(
    form.upright ||
      form.duplicates !== 'keep' ||
      form.brands !== '' ||
      form.formats !== '' ||
      LIMITS.some((name) => form.limits[name] !== ''),
  );
  const wrong = LIMITS.some((name) => errors[`policies.${name}`] !== undefined);
  return (
    <details className="form-group" open={open || wrong}>
      <summary>{policies.legend}</summary>
      <p className="hint">{policies.hint}</p>
      <div className="form-grid">
        {LIMITS.map((name) => (
          <TextField
            key={name}
            type="number"
            label={policies[name]}
            error={errors[`policies.${name}`]}
            value={form.limits[name]}
            change={(value) => set({ ...form, limits: { ...form.limits, [name]: value } })}
          />
        ))}
        <TextField
          {...policies.brands}
          mono
          error={errors['policies.videoBrands']}
          value={form.brands}
          change={(brands) => set({ ...form, brands })}
        />
        <TextField
          {...policies.formats}
          mono
          error={errors['policies.pixelFormats']}
          value={form.formats}
          change={(formats) => set({ ...form, formats })}
        />
      </div>
      <SelectField
        label={policies.duplicates}
        value={form.duplicates}
        change={(duplicates) => set({ ...form, duplicates: duplicates as Duplicates })}
        options={options(policies.duplicateChoices)}
      />
      <CheckField {...policies.upright} checked={form.upright} change={(upright) => set({ ...form, upright })} />
    </details>
  );
}

export function SettingsFields({ form, set, errors }: Props) {
  const { settings } = text;
  const schedule = fromForm(form.schedule);
  return (
    <>
      <Group title={settings.schedule}>
        <Choices form={form.schedule} set={(next) => set({ ...form, schedule: next })} />
        <NextRuns schedule={schedule} />
      </Group>
      <Group title={settings.orphans.legend}>
        <RadioCards
          legend={settings.orphans.legend}
          name="orphans"
          value={form.orphans}
          change={(orphans) => set({ ...form, orphans: orphans as Orphans })}
          options={ORPHANS.map((value) => ({ value, ...settings.orphans[value] }))}
        />
      </Group>
      <Group title={settings.metadata}>
        <div className="form-grid">
          <TextField
            {...settings.suffix}
            mono
            error={errors.metadataSidecarSuffix}
            value={form.suffix}
            change={(suffix) => set({ ...form, suffix })}
          />
          <SelectField
            label={settings.strategy}
            value={form.strategy}
            change={(strategy) => set({ ...form, strategy: strategy as SettingsForm['strategy'] })}
            options={options(settings.strategies)}
          />
          <SelectField
            label={settings.naming}
            value={form.naming}
            change={(naming) => set({ ...form, naming: naming as SettingsForm['naming'] })}
            options={options(settings.namings)}
          />
          {form.naming === 'metadata' ? (
            <TextField
              {...settings.namingKey}
              mono
              error={errors.namingStrategyMetadataKey}
              value={form.namingKey}
              change={(namingKey) => set({ ...form, namingKey })}
            />
          ) : null}
        </div>
        <CheckField
          {...settings.baseNameSidecars}
          checked={form.baseNameSidecars}
          change={(baseNameSidecars) => set({ ...form, baseNameSidecars })}
        />
      </Group>
      <Group title={settings.updates}>
        <CheckField
          {...settings.updateImage}
          checked={form.updateImage}
          change={(updateImage) => set({ ...form, updateImage })}
        />
        <CheckField
          {...settings.updateMetadata}
          checked={form.updateMetadata}
          change={(updateMetadata) => set({ ...form, updateMetadata })}
        />
      </Group>
      <Group title={settings.look.legend}>
        <RadioCards
          legend={settings.look.legend}
          name="look"
          value={form.look}
          change={(look) => set({ ...form, look: look as Depth })}
          options={DEPTHS.map((value) => ({ value, ...settings.look[value] }))}
        />
      </Group>
      <Group title={settings.pictureText.legend}>
        <CheckField
          label={settings.pictureText.label}
          hint={settings.pictureText.hint}
          checked={form.pictureText}
          change={(pictureText) => set({ ...form, pictureText })}
        />
      </Group>
      <Group title={settings.keywordTags.legend}>
        <CheckField
          label={settings.keywordTags.label}
          hint={settings.keywordTags.hint}
          checked={form.keywordTags}
          change={(keywordTags) => set({ ...form, keywordTags })}
        />
        <CheckField
          {...settings.captionTags}
          checked={form.captionTags}
          change={(captionTags) => set({ ...form, captionTags })}
        />
      </Group>
      <Group title={settings.workers}>
        <TextField
          {...settings.pool}
          mono
          error={errors.pool}
          value={form.pool}
          change={(pool) => set({ ...form, pool })}
        />
      </Group>
      <Policies form={form.policies} set={(policies) => set({ ...form, policies })} errors={errors} />
    </>
  );
}
