// An error that stays while the server is asked again, so that a page does not blink between it and `Loading…`.
import { useState } from 'react';
import { isTransient } from '../api/problem';

/** The error of a query; of one that may resolve itself, the last one until there is `data`. */
export function useSteadyError(error: Error | null, data: unknown): Error | null {
  const [last, setLast] = useState<Error | null>(null);
  if (error !== null && error !== last) setLast(error);
  if (error !== null || data !== undefined) return error;
  return isTransient(last) ? last : null;
}
