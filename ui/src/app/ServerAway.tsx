// Says above the page that the server does not answer, and asks it again until it does.
import { useQuery } from '@tanstack/react-query';
import { queries } from '../api/queries';
import { useServerAway } from '../api/reachable';
import { text } from './text';

const AGAIN_MS = 3000;

export function ServerAway() {
  const away = useServerAway();
  // Any answer will do. A page that failed by itself asks again too; one that only saves does not.
  useQuery({ ...queries.signInOptions(), enabled: away, refetchInterval: AGAIN_MS, staleTime: 0, retry: false });
  return (
    <section className="away" aria-label={text.away.label} aria-live="polite">
      {away ? <p className="pending">{text.away.detail}</p> : null}
    </section>
  );
}
