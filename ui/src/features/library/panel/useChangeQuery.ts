// A change of the query by a control beside it. The address is the only state, so the way back undoes it.
import { useNavigate } from '@tanstack/react-router';
import { useLibraryRouter } from '../Results';

/** Changes the query of the address, which is newer than the rendered one: a second click may come before a render. */
export function useChangeQuery(): (change: (query: string) => string) => void {
  const navigate = useNavigate();
  const library = useLibraryRouter();
  return (change) => {
    const query = change(library.current().query ?? '');
    void navigate({ to: '/', search: query === '' ? {} : { query } });
  };
}
