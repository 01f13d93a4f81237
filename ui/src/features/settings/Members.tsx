// The members of a workspace: invite, change the role, send another link, remove.
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { answer, client, type Member, type Role } from '../../api/client';
import { keys } from '../../api/queries';
import { settingsQueries } from '../../api/settingsQueries';
import { ErrorText } from '../../components/ErrorText';
import { SelectField, TextField } from '../../components/Field';
import { ago, when } from '../../components/format';
import { TableBox } from '../../components/TableBox';
import { ListWithForm, Once } from './ListWithForm';
import { Needs } from './Needs';
import { RemoveAction } from './RemoveAction';
import { text as texts } from './text';
import { useChange, useSubmit } from './useChange';

const text = texts.members;
const ROLES = Object.entries(texts.roles).map(([value, label]) => ({ value, label }));

function Invite({ made }: { made: (member: Member) => void }) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const { busy, errors, error, submit } = useSubmit(keys.members, ['name']);
  const invite = (event: FormEvent) =>
    submit(event, async () => {
      made(await answer(client.POST('/api/v1/members', { body: { name: name.trim(), role } })));
      setName('');
    });
  return (
    <form className="form" onSubmit={invite}>
      <div className="form-grid">
        <TextField {...text.name} error={errors.name} value={name} change={setName} />
        <SelectField label={text.role} value={role} change={(value) => setRole(value as Role)} options={ROLES} />
      </div>
      <div className="row">
        <button type="submit" className="primary" disabled={busy || name.trim() === ''}>
          {text.add}
        </button>
      </div>
      <ErrorText text={error} />
    </form>
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

function Shown() {
  const found = useQuery(settingsQueries.members());
  const [made, setMade] = useState<Member>(); // whose link this page knows: it is in an answer once
  return (
    <ListWithForm
      found={found}
      form={
        <>
          <Invite made={setMade} />
          <Once secret={made?.invitation} sentence={text.link(made?.name ?? '')} what={text.theLink} />
        </>
      }
      none={text.none}
      list={(members) => (
        <TableBox
          name="settings-table"
          label={text.title}
          columns={text.columns}
          named={text.columns.slice(2, 3)}
          unseen={texts.actions}
        >
          {members.map((member) => (
            <Row key={member.name} member={member} made={setMade} />
          ))}
        </TableBox>
      )}
    />
  );
}

const NEEDED = 'members:edit';

export function Members() {
  return (
    <Needs permission={NEEDED}>
      <Shown />
    </Needs>
  );
}
