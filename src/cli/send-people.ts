import type { PersonInput } from '../index.js';
import { openPeopleFile } from './people-file.js';
import { startProgress, type ProgressStream } from './progress.js';
import { toCliError } from './call-error.js';
import type { Session } from './session.js';

/**
 * Opens a file of people and passes them to a call. While the call is pending, standard error shows
 * how many were sent, if it is a terminal and standard output is not. An error of the call names the
 * place in the file.
 */
export async function sendPeople<T>(
  path: string,
  { call }: Session,
  send: (people: AsyncIterable<PersonInput>) => Promise<T>,
): Promise<T> {
  const file = await openPeopleFile(path, call.signal);
  const progress = startProgress(progressStream(), 'people sent');
  try {
    return await send(progress.counted(file.people));
  } catch (error) {
    throw toCliError(error, file.placeOf);
  } finally {
    progress.end();
    file.close();
  }
}

function progressStream(): ProgressStream {
  return process.stdout.isTTY ? { isTTY: false, write: () => undefined } : process.stderr;
}
