// The members of a workspace: invite, change the role, send another link, remove.
import { type FormEvent, useState } from 'react';
import { answer, client, type Member, type Role } from '../../api/client';
import { keys } from '../../api/queries';
import { settingsQueries } from '../../api/settingsQueries';
import { ErrorText } from '../../components/ErrorText';
import { SelectField, TextField } from '../../components/Field';
import { ago, when } from '../../components/format';
import { RemoveAction } from './RemoveAction';
import { AddForm, SettingsList } from './SettingsList';
import { text as texts } from './text';
import { useChange, useSubmit } from './useChange';

const text = texts.members;
const NEEDED = 'members:edit';
const ROLES = Object.entries(texts.roles).map(([value, label]) => ({ value, label }));

interface InviteProps {
  made: Member | undefined; // whose link this page knows: it is in an answer once
  setMade: (member: Member) => void;
}

function Invite({ made, setMade }: InviteProps) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const { busy, errors, error, submit } = useSubmit(keys.members, ['name']);
  const invite = (event: FormEvent) =>
    submit(event, async () => {
      setMade(await answer(client.POST('/api/v1/members', { body: { name: name.trim(), role } })));
      setName('');
    });
  return (
    <AddForm
      submit={invite}
      label={text.add}
      blocked={busy || name.trim() === ''}
      error={error}
      once={{ secret: made?.invitation, sentence: text.link(made?.name ?? ''), what: text.theLink }}
    >
      <TextField {...text.name} error={errors.name} value={name} change={setName} />
      <SelectField
        label={text.role}
        hint={texts.mays[role]}
        value={role}
        change={(value) => setRole(value as Role)}
        options={ROLES}
      />
    </AddForm>
  );
}

function Row({ member, made }: { member: Member; made: (member: Member) => void }) {
  const { busy, error, change } = useChange(keys.members);
  const params = { path: { name: member.name } };
  const setRole = (role: string) =>
    change(() => answer(client.PATCH('/api/v1/members/{name}', { params, body: { role: role as Role } })));
  const invite = () =>
    change(async () => made(await answer(client.POST('/api/v1/members/{name}/invitation', { params }))));
  return (
    <tr>
      <td className="wrap">{member.name}</td>
      <td>
        <select
          aria-label={text.roleOf(member.name)}
          value={member.role}
          disabled={busy}
          onChange={(event) => setRole(event.target.value)}
        >
          {ROLES.map((role) => (
            <option key={role.value} value={role.value}>
              {role.label}
            </option>
          ))}
        </select>
        <ErrorText text={error} />
      </td>
      <td title={member.last_sign_in === null ? undefined : when(member.last_sign_in)}>
        {member.last_sign_in !== null ? ago(member.last_sign_in) : member.has_password ? texts.never : text.invited}
      </td>
      <td>
        <div className="row end">
          <button
            type="button"
            className="text-action"
            aria-label={text.againOf(member.name)}
            onClick={invite}
            disabled={busy}
          >
            {text.again}
          </button>
          <RemoveAction
            label={text.remove}
            name={text.removeOf(member.name)}
            title={text.removeTitle(member.name)}
            detail={text.removeDetail}
            confirm={text.removeAction}
            changes={keys.members}
            run={() => answer(client.DELETE('/api/v1/members/{name}', { params }))}
          />
        </div>
      </td>
    </tr>
  );
}

export function Members() {
  const [made, setMade] = useState<Member>();
  return (
    <SettingsList
      permission={NEEDED}
      query={settingsQueries.members()}
      form={<Invite made={made} setMade={setMade} />}
      none={text.none}
      table={{ label: text.title, columns: text.columns, named: text.columns.slice(2, 3) }}
      item={(member) => <Row key={member.name} member={member} made={setMade} />}
    />
  );
}
