/** An HTTPS server for an express app, with platform's limits, certificates that may change, and drain. Zone 1; design §9. */
import { createServer, type Server } from 'node:https';
import express, { type Express } from 'express';
import { closeServer, hardenServer, listenOn } from '#platform/https-server.ts';
import type { TlsFiles, TlsMaterial } from '#platform/tls-files.ts';

export interface AppServer {
  listen(host: string, port: number): Promise<number>;
  close(): Promise<void>;
}

interface ServerOptions {
  readonly tls: TlsFiles;
  /** Asks for a client certificate below the roots, and hangs up without one. */
  readonly mutual: boolean;
}

const DRAIN_MS = 20_000;

const contextOf = ({ cert, key, ca }: TlsMaterial, mutual: boolean) => ({
  ...{ cert, key, minVersion: 'TLSv1.2' as const },
  ...(mutual ? { ca } : {}),
});

export const createAppServer = (app: Express, { tls, mutual }: ServerOptions): AppServer => {
  const options = { requestCert: mutual, rejectUnauthorized: mutual };
  let draining = false;
  const server: Server = createServer(
    { ...contextOf(tls.current(), mutual), ...options },
    (request, response) => {
      if (draining) response.shouldKeepAlive = false;
      app(request, response);
    },
  );
  hardenServer(server);
  tls.onChange((material) => server.setSecureContext(contextOf(material, mutual)));
  return {
    listen: (host, port) => listenOn(server, host, port),
    close: () => {
      draining = true;
      return closeServer(server, DRAIN_MS);
    },
  };
};

/** An app without express's conveniences: nothing is guessed, and nothing tells what it is made of. */
export const createApp = (): Express => {
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
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
};
