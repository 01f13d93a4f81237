// Stands in place of a part that the caller may not see.
import type { ReactNode } from 'react';
import type { Permission } from '../../api/client';
import { Prose } from '../../components/Rich';
import { usePermission } from '../../components/usePermission';
import { text } from './text';

export function Needs({ permission, children }: { permission: Permission; children: ReactNode }) {
  const may = usePermission();
  if (may(permission)) return children;
  return (
    <p className="quiet">
      <Prose text={text.noPermission(permission)} />
    </p>
  );
}
