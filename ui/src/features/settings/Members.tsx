// The members of a workspace: invite, change the role, send another link, remove.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { answer, client, type Member, type Role } from '../../api/client';
import { fieldErrors } from '../../api/problem';
import { keys, queries } from '../../api/queries';
import { Copyable } from '../../components/CopyButton';
import { ErrorText } from '../../components/ErrorText';
import { SelectField, TextField } from '../../components/Field';
import { ago, when } from '../../components/format';
import { Pending } from '../../components/Notice';
import { TableBox } from '../../components/TableBox';
import { useAsyncAction } from '../../components/useAsyncAction';
import { Confirm } from './Confirm';
import { Needs } from './Needs';
import { text } from './text';

const ROLES = Object.entries(text.roles).map(([value, label]) => ({ value, label }));

/** The link of an invitation, as far as this page knows it: it is in an answer once. */
function Link({ member }: { member: Member | undefined }) {
  if (member === undefined || member.invitation === null) return null;
  return (
    <div className="once" role="status">
      <p>{text.members.link(member.name)}</p>
      <Copyable text={member.invitation} what={text.members.theLink} />
    </div>
  );
}

function Invite({ made }: { made: (member: Member) => void }) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [errors, setErrors] = useState<Record<string, string>>({});
  const action = useAsyncAction();
  const cache = useQueryClient();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setErrors({});
    action.run(async () => {
      try {
        made(await answer(client.POST('/api/v1/members', { body: { name: name.trim(), role } })));
        setName('');
        await cache.invalidateQueries({ queryKey: keys.members });
      } catch (error) {
        setErrors(fieldErrors(error));
        throw error;
      }
    });
  };
  return (
    <form className="form" onSubmit={submit}>
      <div className="form-grid">
        <TextField {...text.members.name} error={errors.name} value={name} change={setName} />
        <SelectField
          label={text.members.role}
          value={role}
          change={(value) => setRole(value as Role)}
          options={ROLES}
        />
      </div>
      <div className="row">
        <button type="submit" className="primary" disabled={action.busy || name.trim() === ''}>
          {text.members.add}
        </button>
      </div>
      {errors.name === undefined ? <ErrorText text={action.error} /> : null}
    </form>
  );
}

function Row({ member, made }: { member: Member; made: (member: Member) => void }) {
  const [removing, setRemoving] = useState(false);
  const action = useAsyncAction();
  const cache = useQueryClient();
  const params = { path: { name: member.name } };
  const refresh = () => cache.invalidateQueries({ queryKey: keys.members });
  const change = (role: string) =>
    action.run(async () => {
      await answer(client.PATCH('/api/v1/members/{name}', { params, body: { role: role as Role } }));
      await refresh();
    });
  const invite = () =>
    action.run(async () => {
      made(await answer(client.POST('/api/v1/members/{name}/invitation', { params })));
      await refresh();
    });
  return (
    <tr>
      <td className="wrap">{member.name}</td>
      <td>
        <select
          aria-label={text.members.roleOf(member.name)}
          value={member.role}
          disabled={action.busy}
          onChange={(event) => change(event.target.value)}
        >
          {ROLES.map((role) => (
            <option key={role.value} value={role.value}>
              {role.label}
            </option>
          ))}
        </select>
        <ErrorText text={action.error} />
      </td>
      <td title={member.last_sign_in === null ? undefined : when(member.last_sign_in)}>
        {member.last_sign_in !== null
          ? ago(member.last_sign_in)
          : member.has_password
            ? text.never
            : text.members.invited}
      </td>
      <td>
        <div className="row end">
          <button
            type="button"
            className="text-action"
            aria-label={text.members.againOf(member.name)}
            onClick={invite}
            disabled={action.busy}
          >
            {text.members.again}
          </button>
          <button
            type="button"
            className="text-action"
            aria-label={text.members.removeOf(member.name)}
            aria-haspopup="dialog"
            onClick={() => setRemoving(true)}
          >
            {text.members.remove}
          </button>
        </div>
        {removing ? (
          <Confirm
            title={text.members.removeTitle(member.name)}
            detail={text.members.removeDetail}
            label={text.members.removeAction}
            confirm={async () => {
              await answer(client.DELETE('/api/v1/members/{name}', { params }));
              await refresh();
            }}
            close={() => setRemoving(false)}
          />
        ) : null}
      </td>
    </tr>
  );
}

function Shown() {
  const { data, error } = useQuery(queries.members());
  const [made, setMade] = useState<Member>();
  return (
    <div className="stack column">
      <Pending data={data} error={error} />
      <section className="panel column">
        <Invite made={setMade} />
        <Link member={made} />
      </section>
      {data?.length === 0 ? <p className="quiet">{text.members.none}</p> : null}
      {data !== undefined && data.length > 0 ? (
        <TableBox name="settings-table" label={text.members.title} columns={text.members.columns} unseen={text.actions}>
          {data.map((member) => (
            <Row key={member.name} member={member} made={setMade} />
          ))}
        </TableBox>
      ) : null}
    </div>
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
