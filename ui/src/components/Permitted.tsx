// What only some callers may see: the others read why they do not, once it is known who is signed in.
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Permission } from '../api/client';
import { queries } from '../api/queries';
import { Pending } from './Notice';
import { Prose } from './Rich';

interface Props {
  permission: Permission;
  refusal: string; // for those without it
  children: ReactNode;
}

export function Permitted({ permission, refusal, children }: Props) {
  const { data, error } = useQuery(queries.identity());
  if (data === undefined) return <Pending data={data} error={error} />;
  if (data.permissions.includes(permission)) return children;
  return (
    <p className="quiet">
      <Prose text={refusal} />
    </p>
  );
}
