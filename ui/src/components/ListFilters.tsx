// Which runs or jobs are listed: a choice of each kind, kept in the address of the page.
import { useQuery } from '@tanstack/react-query';
import { queries } from '../api/queries';
import { RUN_STATES } from '../api/vocabulary';
import { SelectField } from './Field';
import { filters as text } from './listText';
import { usePermission } from './usePermission';
import './listFilters.css';

interface Filter {
  state?: string;
  kind?: string;
  datasource?: string;
}

interface Props {
  filter: Filter;
  change: (filter: Filter) => void;
  kinds?: readonly { value: string; label: string }[];
}

const ALL = { value: '', label: text.all };
const STATES = Object.entries(RUN_STATES).map(([value, { label }]) => ({ value, label }));

export function ListFilters({ filter, change, kinds }: Props) {
  const may = usePermission()('datasources:read');
  const { data: sources = [] } = useQuery({ ...queries.datasources(), enabled: may });
  const named = new Set(sources.map(({ name }) => name));
  if (filter.datasource !== undefined) named.add(filter.datasource); // also one that is deleted by now
  const names = [...named].map((name) => ({ value: name, label: name }));
  const set = (part: Filter) => change({ ...filter, ...part });
  return (
    <fieldset className="list-filters">
      <legend className="hidden">{text.legend}</legend>
      <SelectField
        label={text.state}
        value={filter.state ?? ''}
        change={(state) => set({ state })}
        options={[ALL, ...STATES]}
      />
      {kinds === undefined ? null : (
        <SelectField
          label={text.kind}
          value={filter.kind ?? ''}
          change={(kind) => set({ kind })}
          options={[ALL, ...kinds]}
        />
      )}
      {names.length === 0 ? null : (
        <SelectField
          label={text.datasource}
          value={filter.datasource ?? ''}
          change={(datasource) => set({ datasource })}
          options={[ALL, ...names]}
        />
      )}
    </fieldset>
  );
}
