// What the signed-in caller may do. Pages leave out what would be refused.
import { useQuery } from '@tanstack/react-query';
import type { Permission } from '../api/client';
import { isSignedOut } from '../api/problem';
import { queries } from '../api/queries';
import { useSessionEnd } from '../api/sessionEnd';

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

/** Whether nobody is signed in, and a page is the form to sign in; where a session has ended, that lies above the page. */
export function useSignedOut(): boolean {
  const { error } = useQuery(queries.identity());
  return !useSessionEnd() && isSignedOut(error);
}
