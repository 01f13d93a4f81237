// Choosing the split of the selected assets in one of the projects that hold them.
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { answer, client } from '../../../../api/client';
import { libraryQueries } from '../../../../api/libraryQueries';
import { describeError } from '../../../../api/problem';
import { queries } from '../../../../api/queries';
import { RadioCards, SelectField } from '../../../../components/Field';
import { Pending } from '../../../../components/Notice';
import { addToast } from '../../../../components/toasts';
import { asRequest, sizeOf } from '../../selection';
import { Frame, type Props } from '../Frame';
import { assignment, CHOICES, type Choice } from './choice';
import { text } from './text';

const OPTIONS = CHOICES.map((value) => ({ value, label: text.choices[value].label, note: text.choices[value].note }));

/** How many of the selected assets are in the project: those that would not be added to it. */
function useMembers(project: string, props: Props) {
  const body = { ...asRequest(props.selection), add_projects: [project] };
  const { data, error, isPlaceholderData } = useQuery(
    libraryQueries.editPreview(project === '' ? undefined : JSON.stringify(body)),
  );
  const known = isPlaceholderData ? undefined : data; // not that of the project before
  return {
    error,
    known,
    selected: known?.assets ?? 0,
    members: known === undefined ? 0 : known.assets - known.changed,
  };
}

export function SplitDialog(props: Props & { action: 'split' }) {
  const { selection } = props;
  const { data: projects, error } = useQuery(queries.projects());
  const [chosen, setChosen] = useState<string>();
  const [choice, setChoice] = useState<Choice>('train');
  const project = chosen ?? projects?.[0]?.name ?? '';
  const found = useMembers(project, props);
  const { data: detail } = useQuery({ ...queries.project(project), enabled: project !== '' });
  const undivided = choice === 'automatic' && detail !== undefined && detail.split === null;

  const start = async () => {
    const params = { path: { name: project } };
    const body = assignment(selection, choice);
    const job = await answer(client.POST('/api/v1/projects/{name}/assign', { params, body }));
    addToast({
      job,
      doing: text.doing(found.members),
      done: ({ moved }) => text.done(typeof moved === 'number' ? moved : 0),
    });
  };
  return (
    <Frame {...props} label={text.apply} blocked={sizeOf(selection) === 0 || found.members === 0} start={start}>
      <Pending data={projects} error={error} />
      {projects?.length === 0 ? <p>{text.noProjects}</p> : null}
      {projects === undefined || projects.length === 0 ? null : (
        <>
          <SelectField
            label={text.project}
            focus
            value={project}
            change={setChosen}
            options={projects.map(({ name }) => ({ value: name, label: name }))}
          />
          <RadioCards
            legend={text.legend}
            name="split"
            value={choice}
            change={(value) => setChoice(value as Choice)}
            options={OPTIONS}
          />
          <p className="quiet">{undivided ? text.undivided : choice === 'automatic' ? null : text.kept}</p>
          <p className="quiet" role="status">
            {found.error !== null
              ? describeError(found.error)
              : found.known === undefined
                ? text.counting
                : text.counted(found.members, found.selected)}
          </p>
        </>
      )}
    </Frame>
  );
}
