import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** The most that a process has had since it started, or since resetPeak(), in MiB. */
export function peakMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
}

/** https://www.kernel.org/doc/html/latest/filesystems/proc.html, clear_refs */
export function resetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

export function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
