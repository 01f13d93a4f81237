// Messages about work that goes on while somebody does something else. Outside of React: any code may add one.
import { useSyncExternalStore } from 'react';
import type { Job } from '../api/client';

export interface JobToast {
  job: Job; // as it was when it was requested
  doing: string; // while it is at work
  done: (result: Record<string, unknown>) => string;
}

let shown: JobToast[] = [];
const listeners = new Set<() => void>();

function show(next: JobToast[]): void {
  shown = next;
  for (const listener of listeners) listener();
}

export function addToast(toast: JobToast): void {
  show([...shown.filter((one) => one.job.id !== toast.job.id), toast]);
}

export function removeToast(id: number): void {
  show(shown.filter((one) => one.job.id !== id));
}

export function useToasts(): JobToast[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => shown,
  );
}
