/**
 * An HTTPS server for an express app, with platform's limits, reloaded certificates, and draining.
 * Zone 1; docs/design.md#load.
 */
import { createServer, type Server } from 'node:https';
import express, { type Express } from 'express';
import type { ServerResponse } from 'node:http';
import { closeServer, hardenedOptions, hardenServer } from '#platform/harden-server.ts';
import { listenOn } from '#platform/listen.ts';
import type { Log } from '#platform/log.ts';
import { problemBody, PROBLEM_TYPE } from '#platform/problem.ts';
import type { TlsFiles, TlsMaterial } from '#platform/tls-files.ts';
import { refusals } from '../refusals.ts';

export interface AppServer {
  listen(host: string, port: number): Promise<number>;
  close(): Promise<void>;
  /** Answers requests under way with a failure, and accepts no more; resolves within a second. */
  fail(): Promise<void>;
}

interface ServerOptions {
  readonly tls: TlsFiles;
  /** Requires a client certificate issued by one of the roots, and hangs up without one. */
  readonly mutual: boolean;
  readonly maxConnections: number;
  readonly log: Log;
}

const DRAIN_MS = 20_000;

function contextOf({ cert, key, ca }: TlsMaterial, mutual: boolean) {
  return {
    cert,
    key,
    minVersion: hardenedOptions.minVersion,
    ...(mutual ? { ca } : {}),
  };
}

/** For everyone who is waiting while the process ends. */
function answerFailed(response: ServerResponse): void {
  const detail = 'The console is restarting; try again in a moment.';
  response.writeHead(refusals.internal_error.status, { 'content-type': PROBLEM_TYPE });
  response.end(JSON.stringify(problemBody(refusals.internal_error, { code: 'internal_error', detail })));
}

export function createAppServer(app: Express, options: ServerOptions): AppServer {
  const { tls, mutual } = options;
  let draining = false;
  const server: Server = createServer(
    {
      ...hardenedOptions,
      ...contextOf(tls.current(), mutual),
      requestCert: mutual,
      rejectUnauthorized: mutual,
    },
    (request, response) => {
      if (draining) response.shouldKeepAlive = false;
      app(request, response);
    },
  );
  const hardened = hardenServer(server, options);
  tls.onChange((material) => server.setSecureContext(contextOf(material, mutual)));
  return {
    listen: (host, port) => listenOn(server, host, port),
    close: () => {
      draining = true;
      return closeServer(server, DRAIN_MS);
    },
    fail: () => hardened.fail(answerFailed),
  };
}

/** An app without express's conveniences: nothing is guessed, and nothing reveals the framework. */
export function createApp(): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  // Express answers "If-None-Match: *" with 304 itself. The one answer with a condition (openapi.json) reads it itself.
  Object.defineProperty(app.request, 'fresh', { value: false });
  app.set('query parser', 'simple');
  app.set('case sensitive routing', true);
  app.set('strict routing', true);
  app.use((_request, response, next) => {
    response.set({
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
      'x-content-type-options': 'nosniff',
    });
    next();
  });
  return app;
}
