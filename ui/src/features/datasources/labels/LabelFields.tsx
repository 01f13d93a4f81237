// The label files of a datasource, whose annotations follow them.
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { answer, client } from '../../../api/client';
import { labelQueries } from '../../../api/labelQueries';
import { describeError } from '../../../api/problem';
import { ErrorText } from '../../../components/ErrorText';
import { AreaField, CheckField, SelectField, TextField } from '../../../components/Field';
import { Rich } from '../../../components/Rich';
import { options } from '../ConfigFields';
import { fieldsOf, type LabelsForm, mapText } from './labelsForm';
import { text as texts } from './text';

interface Props {
  form: LabelsForm;
  set: (form: LabelsForm) => void;
  errors: Record<string, string>;
  source: string | undefined; // the datasource that is changed; undefined: a new one
  fixed: boolean; // the format is stored, and stays
}

/** The names of classes in a file of the source, such as data.yaml, made into the map. */
function FoundNames({ source, form, set }: Pick<Props, 'form' | 'set'> & { source: string }) {
  const found = useMutation({
    mutationFn: () => {
      const params = { path: { name: source }, query: { ontology: form.ontology } };
      return answer(client.GET('/api/v1/datasources/{name}/class-names', { params }));
    },
  });
  return (
    <div className="stack-s">
      <p className="row">
        <button
          type="button"
          className="secondary"
          disabled={found.isPending || form.ontology === ''}
          onClick={() => found.mutate()}
        >
          {found.isPending ? texts.looking : texts.look}
        </button>
        {found.data?.map(({ key, class_map }) => (
          <button
            key={key}
            type="button"
            className="secondary"
            onClick={() => set({ ...form, classMap: mapText(class_map) })}
          >
            {texts.use(key, Object.keys(class_map).length)}
          </button>
        ))}
        {found.data?.length === 0 ? (
          <span className="quiet" role="status">
            {texts.noNames}
          </span>
        ) : null}
      </p>
      <ErrorText text={found.error === null ? undefined : describeError(found.error)} />
    </div>
  );
}

function Ontology({ form, set, error }: Pick<Props, 'form' | 'set'> & { error: string | undefined }) {
  const { data } = useQuery(labelQueries.ontologies());
  const names = (data ?? []).map(({ name }) => name);
  const known = form.ontology === '' || names.includes(form.ontology) ? names : [form.ontology, ...names];
  return (
    <div className="stack-s">
      <SelectField
        label={texts.ontology}
        error={error}
        value={form.ontology}
        change={(ontology) => set({ ...form, ontology })}
        options={[{ value: '', label: texts.choose }, ...known.map((value) => ({ value, label: value }))]}
      />
      {data?.length === 0 ? (
        <p className="hint">
          <Rich text={texts.noOntology} parts={{ link: <Link to="/labels">{texts.labelsPage}</Link> }} />
        </p>
      ) : null}
    </div>
  );
}

function Fields({ form, set, errors, source }: Omit<Props, 'fixed'>) {
  const error = (name: keyof LabelsForm) => errors[`labels.${name}`];
  const typed = (name: 'suffix' | 'imagePattern' | 'labelPattern' | 'namespace') => (
    <TextField
      {...texts[name]}
      mono
      error={error(name)}
      value={form[name]}
      change={(value) => set({ ...form, [name]: value })}
    />
  );
  const { patterns, suffix } = fieldsOf(form);
  return (
    <>
      <div className="form-grid">
        <Ontology form={form} set={set} error={error('ontology')} />
        <SelectField
          label={texts.strategy}
          value={form.strategy}
          change={(strategy) => set({ ...form, strategy: strategy as LabelsForm['strategy'] })}
          options={options(texts.strategies)}
        />
        {patterns ? typed('imagePattern') : null}
        {patterns ? typed('labelPattern') : null}
        {suffix ? typed('suffix') : null}
        {typed('namespace')}
      </div>
      <AreaField
        {...texts.classMap}
        mono
        error={error('classMap')}
        value={form.classMap}
        change={(classMap) => set({ ...form, classMap })}
      />
      {source === undefined ? null : <FoundNames source={source} form={form} set={set} />}
      <CheckField
        {...texts.skipInvalid}
        checked={form.skipInvalid}
        change={(skipInvalid) => set({ ...form, skipInvalid })}
      />
    </>
  );
}

/** Folded unless something is set: most sources have no label files. */
export function LabelFields({ fixed, ...props }: Props) {
  const { form, set, errors } = props;
  const [open] = useState(form.format !== '');
  const wrong = Object.keys(errors).some((name) => name.startsWith('labels.'));
  const formats = fixed ? { [form.format]: texts.formats[form.format] } : texts.formats;
  return (
    <details className="form-group" open={open || wrong}>
      <summary>{texts.legend}</summary>
      <div className="stack">
        <p className="hint">{texts.hint}</p>
        <SelectField
          label={texts.format}
          hint={fixed ? texts.fixed : texts.formatHint}
          error={errors['labels.format']}
          value={form.format}
          change={(format) => set({ ...form, format: format as LabelsForm['format'] })}
          options={options(formats)}
        />
        {form.format === '' ? null : <Fields {...props} />}
      </div>
    </details>
  );
}
