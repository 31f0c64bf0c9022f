/** Processor time and memory of a process, from /proc (proc(5)). */
import { readFileSync } from 'node:fs';

/** One clock tick of /proc/PID/stat: 100 a second on every Linux that Node runs on. */
const TICK_MS = 10;

/** User and system time, in ms, to 10 ms. */
export const cpuMs = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The command name may hold spaces: fields are counted behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
};

/** Resident set, in MiB. */
export const rssMiB = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? NaN) / 1024;
