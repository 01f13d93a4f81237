// What an import of labels would do: its pictures, what each class becomes, and what is wrong.
import type { Ontology } from '../../api/client';
import { count } from '../../components/format';
import { text } from './text';

const texts = text.labels;
const USUAL = ' '; // what the server proposes; no class is named so

/** The result of the job of an import, as far as it is shown. */
export interface LabelImport {
  images: number;
  matched: number;
  unmatched: string[];
  classes: { name: string; annotations: number; class_name: string | null; added: boolean }[];
  annotations: number;
  replaced: number;
  problems: { file: string; place: string; reason: string }[];
  problem_count: number;
}

interface Props {
  found: LabelImport;
  ontology: Ontology;
  chosen: Record<string, string>; // the class of a name in the file, instead of what fits; empty: none
  choose: (name: string, becomes: string | undefined) => void;
}

export function ImportPreview({ found, ontology, chosen, choose }: Props) {
  return (
    <div className="import-preview" role="status">
      <p>
        {texts.found(found.matched, found.images)} {texts.would(found.annotations, found.replaced)}
      </p>
      {found.unmatched.length > 0 ? <p className="quiet wrap">{texts.unmatched(found.unmatched.slice(0, 3))}</p> : null}
      <table className="plain">
        <thead>
          <tr>
            <th scope="col">{texts.mapping.name}</th>
            <th scope="col">{texts.mapping.annotations}</th>
            <th scope="col">{texts.mapping.becomes}</th>
          </tr>
        </thead>
        <tbody>
          {found.classes.map((one) => (
            <tr key={one.name}>
              <td className="wrap">{one.name}</td>
              <td className="number">{count(one.annotations)}</td>
              <td>
                <select
                  aria-label={texts.becomes(one.name)}
                  value={chosen[one.name] ?? USUAL}
                  onChange={({ target }) => choose(one.name, target.value === USUAL ? undefined : target.value)}
                >
                  {one.name in chosen ? null : (
                    <option value={USUAL}>
                      {one.added && one.class_name !== null ? texts.isNew(one.class_name) : texts.fits(one.class_name)}
                    </option>
                  )}
                  {ontology.classes.map(({ name }) => (
                    <option key={name} value={name}>
                      {name}
                    </option>
                  ))}
                  <option value="">{texts.leaveOut}</option>
                </select>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {found.problem_count > 0 ? (
        <details open>
          <summary>{texts.problems(found.problem_count)}</summary>
          <ul>
            {found.problems.slice(0, 10).map((one) => (
              <li key={`${one.file} ${one.place} ${one.reason}`} className="wrap">
                {texts.problem(one.file, one.place, one.reason)}
              </li>
            ))}
          </ul>
        </details>
      ) : null}
    </div>
  );
}
