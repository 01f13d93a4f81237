// Pages and parts of them that are chunks of their own: loaded when they are first shown, and again after a failure.
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { loadChunk } from '../api/chunk';
import { describeError } from '../api/problem';
import { ErrorText } from './ErrorText';
import { Pending } from './Notice';

type Component<Props> = (props: Props) => ReactNode;

interface Chunk<Props> {
  name: string;
  loaded?: Component<Props>;
  load: () => Promise<{ Loaded: Component<Props> }>;
}

function chunkOf<Props, Name extends string>(
  load: () => Promise<Record<Name, Component<Props>>>,
  name: Name,
): Chunk<Props> {
  const chunk: Chunk<Props> = {
    name,
    load: async () => {
      chunk.loaded ??= (await loadChunk(load))[name];
      return { Loaded: chunk.loaded };
    },
  };
  return chunk;
}

function useChunk<Props>(chunk: Chunk<Props>): { Loaded: Component<Props> | undefined; error: Error | null } {
  const { data, error } = useQuery({
    queryKey: ['chunks', chunk.name],
    queryFn: chunk.load,
    enabled: chunk.loaded === undefined,
  });
  return { Loaded: chunk.loaded ?? data?.Loaded, error };
}

/** A part of a page. `waiting` stands for it until it is here. */
export function lazyPart<Props extends object, Name extends string>(
  load: () => Promise<Record<Name, Component<Props>>>,
  name: Name,
  waiting: ReactNode = null,
): Component<Props> {
  const chunk = chunkOf(load, name);
  return function Part(props: Props) {
    const { Loaded, error } = useChunk(chunk);
    if (Loaded !== undefined) return <Loaded {...props} />;
    return error === null ? waiting : <ErrorText text={describeError(error)} />;
  };
}

/** A whole page. The router loads it before it is shown, and while the pointer is above a link to it. */
export function lazyPage<Name extends string>(load: () => Promise<Record<Name, Component<object>>>, name: Name) {
  const chunk = chunkOf(load, name);
  const Page = () => {
    const { Loaded, error } = useChunk(chunk);
    if (Loaded !== undefined) return <Loaded />;
    return (
      <main className="page">
        <Pending page data={undefined} error={error} />
      </main>
    );
  };
  const preload = async () => {
    await chunk.load().catch(() => undefined); // the page tries again, and shows why it cannot be loaded
  };
  return Object.assign(Page, { preload });
}
