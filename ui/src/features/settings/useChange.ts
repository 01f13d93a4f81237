// Changes of a list on the server: one at a time, each with its error, and the list is fetched again.
import { type QueryKey, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { fieldErrors } from '../../api/problem';
import { useAsyncAction } from '../../components/useAsyncAction';

export function useChange(queryKey: QueryKey) {
  const { busy, error, run } = useAsyncAction();
  const cache = useQueryClient();
  const changed = async (work: () => Promise<unknown>) => {
    await work();
    await cache.invalidateQueries({ queryKey });
  };
  return { busy, error, changed, change: (work: () => Promise<unknown>) => run(() => changed(work)) };
}

/** As `useChange`, for a form: what is wrong with its fields is shown beside these, and nowhere else. */
export function useSubmit(queryKey: QueryKey, fields: readonly string[]) {
  const [errors, setErrors] = useState<Record<string, string>>({});
  const { busy, error, change } = useChange(queryKey);
  const submit = (event: FormEvent, work: () => Promise<unknown>) => {
    event.preventDefault();
    setErrors({});
    change(() =>
      work().catch((failure: unknown) => {
        setErrors(fieldErrors(failure));
        throw failure;
      }),
    );
  };
  const placed = fields.some((field) => errors[field] !== undefined);
  return { busy, errors, error: placed ? undefined : error, refuse: setErrors, submit };
}
