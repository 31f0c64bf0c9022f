/**
 * Loaded before a service (`node --import`), it shifts that process's time of day by the milliseconds in a file, which a
 * drill changes while the service runs. Only JavaScript's: a clock that nobody sets (`performance.now`, timers) goes on, as
 * on a machine whose clock is set, and OpenSSL still judges certificates by the real time. libfaketime would shift that
 * too, but not by itself leave the other clock alone, and is a package more.
 */
import { readFileSync } from 'node:fs';

/** Not in a service's threads, which have no environment. */
const file = process.env['STEPPED_CLOCK_FILE'];
const real = Date;

function now(): number {
  return real.now() + (file === undefined ? 0 : Number(readFileSync(file, 'utf8')));
}

globalThis.Date = new Proxy(real, {
  construct: (target, args: readonly unknown[], newTarget): object =>
    args.length === 0 ? new target(now()) : (Reflect.construct(target, args, newTarget) as Date),
  get: (target, member): unknown => (member === 'now' ? now : Reflect.get(target, member)),
});
