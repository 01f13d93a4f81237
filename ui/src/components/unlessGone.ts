// What a page of one thing shows of its query.
import { isGone } from '../api/problem';

interface Found<Data> {
  data: Data | undefined;
  error: Error | null;
}

/** Without the data of something that the server says is deleted by now, or no longer for the caller. Pure. */
export function unlessGone<Data>({ data, error }: Found<Data>): Found<Data> {
  return { data: isGone(error) ? undefined : data, error };
}
