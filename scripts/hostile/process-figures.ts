import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** What a process has now, in MiB. */
export function residentMiB(pid: number): number {
  return statusKiB(pid, 'VmRSS') / 1024;
}

/** The most that a process has had since it started, or since resetPeak(), in MiB. */
export function peakMiB(pid: number): number {
  return statusKiB(pid, 'VmHWM') / 1024;
}

/** https://www.kernel.org/doc/html/latest/filesystems/proc.html, clear_refs */
export function resetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

export function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

function statusKiB(pid: number, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
}
