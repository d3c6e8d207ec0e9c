import type { BackupContent } from '../store/backup-file.js';

const MEBIBYTE = 1024 * 1024;

/** `1.5 MiB` */
export function sizeText(bytes: number): string {
  return bytes < MEBIBYTE
    ? `${Math.ceil(bytes / 1024)} KiB`
    : `${(bytes / MEBIBYTE).toFixed(1)} MiB`;
}

/** `10 people and 1 user, 1.5 MiB` */
export function contentText({ people, users, bytes }: BackupContent): string {
  const peopleText = `${people.toLocaleString('en')} ${people === 1 ? 'person' : 'people'}`;
  const usersText = `${users.toLocaleString('en')} ${users === 1 ? 'user' : 'users'}`;
  return `${peopleText} and ${usersText}, ${sizeText(bytes)}`;
}
