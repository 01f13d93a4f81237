// Above the page when its session has ended: signing in again leaves the page, and what was typed in it, as it was.
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { resumeSession, useSessionEnd } from '../api/sessionEnd';
import { Dialog } from '../components/Dialog';
import { SignIn } from '../components/SignIn';
import { text } from './text';

export function SessionEnded() {
  const ended = useSessionEnd();
  const [later, setLater] = useState(false);
  const cache = useQueryClient();
  if (!ended) return null;
  if (later)
    return (
      <button type="button" className="primary session-ended" onClick={() => setLater(false)}>
        {text.sessionEnded.again}
      </button>
    );
  const resume = async () => {
    resumeSession();
    await cache.invalidateQueries();
  };
  return (
    <Dialog title={text.sessionEnded.title} close={() => setLater(true)}>
      <p>{text.sessionEnded.detail}</p>
      <SignIn done={resume} />
    </Dialog>
  );
}
