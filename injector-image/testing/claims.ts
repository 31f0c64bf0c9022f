/** A console's claim port for the injector's tests: real HTTPS, with answers chosen by each test. */
import { createHttpsServer, type HttpReply, type HttpRequest } from '#platform/https-server.ts';
import { testCertificates } from '../../test/certificates.ts';
import { serverOptions } from '../../test/server-options.ts';
import type { Session } from './session.ts';

/** A claim with its body. */
interface Asked extends Omit<HttpRequest, 'body'> {
  readonly body: Buffer;
}

type Answer = (request: Asked) => HttpReply | Promise<HttpReply>;

export interface Claims {
  readonly url: string;
  /** The same console at an address that its certificate does not name. */
  readonly unnamedUrl: string;
  readonly ca: string;
  /** Requests since the last `answerWith`. */
  readonly asked: () => readonly Asked[];
  answerWith(answer: Answer): void;
  close(): Promise<void>;
}

export function reply(value: unknown, status = 200): HttpReply {
  return { status, body: JSON.stringify(value) };
}

export function problem(status: number, code: string, detail = 'what to do next'): HttpReply {
  return {
    ...reply({ code, detail }, status),
    contentType: 'application/problem+json',
  };
}

export function honest(session: Session): Answer {
  return () => reply(session.answer);
}

export async function startClaims(): Promise<Claims> {
  const tls = (await testCertificates()).leaf('console');
  let asked: Asked[] = [];
  let answer: Answer = () => problem(500, 'internal');
  const create = () =>
    createHttpsServer({
      ...serverOptions,
      tls,
      maxBodyBytes: 128 * 1024,
      answer: async (request) => {
        const whole = { ...request, body: await request.body() };
        asked.push(whole);
        return await answer(whole);
      },
    });
  const servers = [create(), create()] as const;
  // The certificate names 127.0.0.1, and all of 127/8 is this machine.
  const [port, unnamedPort] = [
    await servers[0].listen('127.0.0.1', 0),
    await servers[1].listen('127.0.0.2', 0),
  ];
  return {
    url: `https://127.0.0.1:${port}/internal/v1/claim`,
    unnamedUrl: `https://127.0.0.2:${unnamedPort}/internal/v1/claim`,
    ca: tls.ca,
    asked: () => asked,
    answerWith: (next) => {
      asked = [];
      answer = next;
    },
    close: async () => {
      await Promise.all(servers.map((server) => server.close(0)));
    },
  };
}
