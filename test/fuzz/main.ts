/**
 * `make fuzz`: every subject with all of its inputs, in as many processes as there are processors. What is found is made
 * small and stored in test/fuzz/found/, from where every run of the tests repeats it.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { seed } from '../properties.ts';
import { INPUTS, type Finding } from './harness.ts';
import type { Message, Task } from './worker.ts';

// See worker.ts.
Object.assign(globalThis, { after: () => undefined });
const { foundFolder, subjects } = await import('./subjects.ts');

/** So many inputs a task: after each, memory is looked at anew. */
const TASK_INPUTS = 25_000;
/** Of all inputs, so much is fed; for a first look. */
const share = Number(process.env['TWOFOLD_FUZZ_SHARE'] || 1);
/** Part of a subject's name. */
const only = process.env['TWOFOLD_FUZZ_ONLY'] ?? '';
/** A process that says nothing for so long is in an input without an end. */
const SILENT_MS = 180_000;
const TELL_MS = 10_000;

/** The first part of every subject, then the second of each: whoever does not wait for the end has seen something of all. */
function tasksOf(): Task[] {
  const all = subjects
    .filter(({ name }) => name.includes(only))
    .flatMap(({ name, inputs = INPUTS }) => {
      const count = Math.ceil(inputs * share);
      return Array.from({ length: Math.ceil(count / TASK_INPUTS) }, (_, at) => ({
        subject: name,
        seed,
        from: at * TASK_INPUTS,
        to: Math.min(count, (at + 1) * TASK_INPUTS),
      }));
    });
  return all.toSorted((a, b) => a.from - b.from);
}

const waiting = tasksOf();
const total = waiting.reduce((sum, { from, to }) => sum + to - from, 0);
const findings: Finding[] = [];
const running = new Map<ChildProcess, { readonly task: Task; index: number; at: number }>();
let fed = 0;
const started = performance.now();

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function store(finding: Finding): void {
  findings.push(finding);
  const { subject, kind, why, input } = finding;
  print(`FOUND ${subject}: ${kind}: ${why.slice(0, 2_000)}`);
  if (input === undefined) return;
  print(JSON.stringify(input).slice(0, 4_000));
  // Its stack has paths of this machine.
  const message = why.split('\n    at ', 1)[0]?.slice(0, 2_000);
  const text = JSON.stringify({ subject, kind, why: message, input }, undefined, 2);
  const name = `${subject} ${kind} ${createHash('sha256').update(JSON.stringify(input)).digest('hex').slice(0, 8)}`;
  const file = new URL(
    `${
      name
        .toLowerCase()
        .match(/[a-z0-9]+/g)
        ?.join('-') ?? ''
    }.json`,
    foundFolder,
  );
  writeFileSync(file, `${text}\n`);
  print(`stored in ${file.pathname}`);
}

function tell(): void {
  const now = performance.now();
  const minutes = Math.round((now - started) / 60_000);
  const under = [...running.values()].map(({ task, index }) => `${task.subject} ${index}`);
  const sum = fed + [...running.values()].reduce((more, { task, index }) => more + index - task.from, 0);
  print(`${minutes} min, ${sum.toLocaleString('en')} of ${total.toLocaleString('en')}: ${under.join(' | ')}`);
  for (const [child, { task, index, at }] of running)
    if (now - at > SILENT_MS) {
      print(`no end within inputs ${index} to ${index + 50} of ${task.subject}`);
      child.kill('SIGKILL');
    }
}

/** Files of a database that is thrown away need no disk. */
const folder = existsSync('/dev/shm') ? { TMPDIR: '/dev/shm' } : {};

/** Resolves when there is nothing left to do. */
function work(): Promise<void> {
  return new Promise((resolve) => {
    const child = fork(new URL('./worker.ts', import.meta.url), { env: { ...process.env, ...folder } });
    const next = (): void => {
      const task = waiting.shift();
      if (task) {
        running.set(child, { task, index: task.from, at: performance.now() });
        child.send(task);
      } else {
        running.delete(child);
        child.disconnect();
      }
    };
    child.on('message', (message: Message) => {
      const known = running.get(child);
      if (message.kind === 'next' && known)
        Object.assign(known, { index: Math.max(known.index, message.index), at: performance.now() });
      if (message.kind === 'done') {
        for (const finding of message.findings) store(finding);
        if (known) fed += known.task.to - known.task.from;
      }
      if (message.kind !== 'next') next();
    });
    child.once('exit', (code, signal) => {
      const known = running.get(child);
      running.delete(child);
      if (!known && code === 0) {
        resolve();
        return;
      }
      const { subject = 'the start', from = 0 } = known?.task ?? {};
      store({
        subject,
        kind: 'ended',
        why: `the process ended (${signal ?? code}) within 50 inputs from ${known?.index ?? from}`,
        input: undefined,
      });
      // The rest of the others'.
      void (known ? work() : Promise.resolve()).then(resolve);
    });
  });
}

print(`seed ${seed}; TWOFOLD_TEST_SEED=${seed} make fuzz does the same again`);
const telling = setInterval(tell, TELL_MS);
await Promise.all(Array.from({ length: availableParallelism() }, work));
clearInterval(telling);
print(
  `${total.toLocaleString('en')} inputs, ${findings.length} found, in ${Math.round((performance.now() - started) / 60_000)} min; seed ${seed}`,
);
process.exitCode = findings.length > 0 ? 1 : 0;
