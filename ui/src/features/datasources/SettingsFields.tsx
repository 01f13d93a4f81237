// The fields of the settings of a datasource: the same in the wizard and on its page.
import { useState } from 'react';
import type { Depth } from '../../api/client';
import { CheckField, RadioCards, SelectField, TextField } from '../../components/Field';
import { Group, NamingFields, OrphansField, options, UpdateFields } from './ConfigFields';
import { type ConfigForm, NEW_CONFIG } from './configForm';
import { LabelFields } from './labels/LabelFields';
import { Choices, NextRuns } from './ScheduleFields';
import { fromForm } from './schedule';
import {
  configPlace,
  type Duplicates,
  LIMITS,
  type Listing,
  type PoliciesForm,
  type SettingsForm,
} from './settingsForm';
import { text } from './text';

interface Props {
  form: SettingsForm;
  set: (form: SettingsForm) => void;
  errors: Record<string, string>;
  source?: string; // the datasource that is changed
  fixedLabels?: boolean; // it has label files already, whose format stays
}

const DEPTHS: readonly Depth[] = ['full', 'header', 'none'];

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
  const wrong = Object.keys(errors).some((name) => name.startsWith('policies.'));
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

/** How the keys of the source are found: folded, because it is known for most servers. */
function Listings({ form, set, errors }: Omit<Props, 'source'>) {
  const { listing } = text;
  const [open] = useState(form.inventory !== '' || form.listing !== 'usual');
  return (
    <details className="form-group" open={open || errors.inventory !== undefined}>
      <summary>{listing.legend}</summary>
      <div className="form-grid">
        <SelectField
          {...listing.order}
          value={form.listing}
          change={(value) => set({ ...form, listing: value as Listing })}
          options={options(listing.orders)}
        />
        <TextField
          {...listing.inventory}
          mono
          error={errors.inventory}
          value={form.inventory}
          change={(inventory) => set({ ...form, inventory })}
        />
      </div>
    </details>
  );
}

/** What happens to the objects of a config, where there is one. Of several, each has its own. */
function ConfigGroups({ form, set }: Pick<Props, 'form' | 'set'>) {
  const { settings } = text;
  const config = form.configs[0] ?? NEW_CONFIG;
  const change = (next: ConfigForm) => set({ ...form, configs: [next] });
  return (
    <>
      <Group title={settings.orphans.legend}>
        <OrphansField form={config} set={change} />
      </Group>
      <Group title={settings.updates}>
        <UpdateFields form={config} set={change} />
      </Group>
    </>
  );
}

function MetadataGroup({ form, set, errors }: Props) {
  const { settings } = text;
  const single = form.configs.length === 1 ? form.configs[0] : undefined;
  return (
    <Group title={settings.metadata}>
      <div className="form-grid">
        <TextField
          {...settings.suffix}
          mono
          error={errors.metadataSidecarSuffix}
          value={form.suffix}
          change={(suffix) => set({ ...form, suffix })}
        />
        {single === undefined ? null : (
          <NamingFields
            form={single}
            set={(next) => set({ ...form, configs: [next] })}
            errors={errors}
            place={configPlace(form, 0)}
          />
        )}
      </div>
      <CheckField
        {...settings.baseNameSidecars}
        checked={form.baseNameSidecars}
        change={(baseNameSidecars) => set({ ...form, baseNameSidecars })}
      />
    </Group>
  );
}

export function SettingsFields(props: Props) {
  const { form, set, errors, source, fixedLabels = false } = props;
  const { settings } = text;
  return (
    <>
      <Group title={settings.schedule}>
        <Choices form={form.schedule} set={(next) => set({ ...form, schedule: next })} />
        <NextRuns schedule={fromForm(form.schedule)} />
      </Group>
      {form.configs.length === 1 ? <ConfigGroups form={form} set={set} /> : null}
      <MetadataGroup {...props} />
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
      <LabelFields
        form={form.labels}
        set={(labels) => set({ ...form, labels })}
        errors={errors}
        source={source}
        fixed={fixedLabels}
      />
      <Policies form={form.policies} set={(policies) => set({ ...form, policies })} errors={errors} />
      <Listings form={form} set={set} errors={errors} />
    </>
  );
}
