import { CallError } from '../api/call-error.js';

/** What an error means to someone who uses the page, and what to do about it. */
export function errorText(error: unknown): string {
  if (!(error instanceof CallError)) {
    return error instanceof Error ? sentence(error.message) : 'Something went wrong.';
  }
  switch (error.code) {
    case 'unavailable':
      return 'The server cannot be reached. The page tries again by itself.';
    case 'deadline_exceeded':
      return 'The server takes long to answer. The page tries again by itself.';
    case 'unauthenticated':
      return 'The server needs a key or token.';
    case 'permission_denied':
      return `Your key does not permit this: ${error.message}. Ask the operator for one that does.`;
    case 'resource_exhausted':
      return `The server is busy: ${error.message}. Try again in a moment.`;
    case 'not_found':
      return error.reason === 'PERSON_NOT_FOUND'
        ? 'There is no such person.'
        : sentence(error.message);
    default:
      return sentence(error.message);
  }
}

function sentence(text: string): string {
  const first = text.slice(0, 1).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
