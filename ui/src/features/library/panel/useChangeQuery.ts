// A change of the query by a control beside it. The address is the only state, so the way back undoes it.
import { useNavigate } from '@tanstack/react-router';

export function useChangeQuery(): (query: string) => void {
  const navigate = useNavigate();
  return (query) => void navigate({ to: '/', search: query === '' ? {} : { query } });
}
