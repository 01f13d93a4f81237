// What the signed-in caller may do. Pages leave out what would be refused.
import { useQuery } from '@tanstack/react-query';
import type { Permission } from '../api/client';
import { queries } from '../api/queries';

/** Whether the caller lacks a permission; false until that is known, so that nobody sees a refusal too early. */
export function useRefusal(): (permission: Permission) => boolean {
  const { data } = useQuery(queries.identity());
  return (permission) => data !== undefined && !data.permissions.includes(permission);
}

/** Whether the caller has a permission; false until that is known. */
export function usePermission(): (permission: Permission) => boolean {
  const { data } = useQuery(queries.identity());
  return (permission) => data?.permissions.includes(permission) ?? false;
}
