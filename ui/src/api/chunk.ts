// Loads chunks of the pages. One that the server no longer has belongs to an older version of mirrorlake.
import { answer, client } from './client';
import { mustReload, newVersion, Problem } from './problem';
import { isServerAway } from './reachable';

// How browsers and the loader of style sheets say it. Whatever else a chunk throws is an error of its own.
const NOT_LOADED = /dynamically imported module|Importing a module script|Unable to preload CSS/;

const lost = new WeakSet<object>(); // what failed while the server was away: browsers may never ask for it again

/** The module of a chunk. A failure is a `Problem` that says whether the server is away or has another version. */
export async function loadChunk<Module>(load: () => Promise<Module>): Promise<Module> {
  if (isServerAway()) await serverAnswers(); // before the browser learns that there is no such chunk
  try {
    return await load();
  } catch (error) {
    if (!(error instanceof Error) || !NOT_LOADED.test(error.message)) throw error;
    await serverAnswers().catch((away: unknown) => {
      lost.add(load);
      throw away;
    });
    try {
      return await load(); // the server may have come back since the first attempt
    } catch {
      throw lost.has(load) ? mustReload() : newVersion();
    }
  }
}

/** Throws the `Problem` of a server that does not answer; any answer will do, and nobody has to be signed in. */
async function serverAnswers(): Promise<void> {
  try {
    await answer(client.GET('/api/v1/sign-in'));
  } catch (error) {
    if (error instanceof Problem && error.status === 0) throw error;
  }
}
