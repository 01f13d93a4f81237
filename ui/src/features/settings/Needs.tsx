// Stands in place of a part that the caller may not see.
import type { ReactNode } from 'react';
import type { Permission } from '../../api/client';
import { Permitted } from '../../components/Permitted';
import { text } from './text';

export function Needs({ permission, children }: { permission: Permission; children: ReactNode }) {
  return (
    <Permitted permission={permission} refusal={text.noPermission(permission)}>
      {children}
    </Permitted>
  );
}
