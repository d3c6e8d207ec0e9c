import { openPeopleFile } from './people-file.js';
import type { PersonInput } from './person-json.js';
import { startProgress, type ProgressStream } from './progress.js';
import { toFailure } from './rpc-failure.js';
import type { Session } from './session.js';

/**
 * Opens a file of people and hands them to a call. While the call goes on, a terminal on standard
 * error shows how many were sent, unless the output of the command goes to a terminal too.
 * The failure of the call names the place in the file.
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
    throw toFailure(error, file.placeOf);
  } finally {
    progress.end();
    file.close();
  }
}

function progressStream(): ProgressStream {
  return process.stdout.isTTY ? { isTTY: false, write: () => undefined } : process.stderr;
}
