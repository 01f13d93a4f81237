// Loads chunks of the pages. One that the server no longer has belongs to an older version of mirrorlake.
import { answer, client } from './client';
import { newVersion, Problem } from './problem';

// How browsers and the loader of style sheets say it. Whatever else a chunk throws is an error of its own.
const NOT_LOADED = /dynamically imported module|Importing a module script|Unable to preload CSS/;

/** The module of a chunk. A failure is a `Problem` that says whether the server is away or has another version. */
export async function loadChunk<Module>(load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    if (!(error instanceof Error) || !NOT_LOADED.test(error.message)) throw error;
    await serverAnswers();
    try {
      return await load(); // the server may have come back since the first attempt
    } catch {
      throw newVersion();
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
