import { createServer } from 'node:net';

/** Asked before anything is started. `port` 0 is always free. Errors: the port is taken or not allowed, with what to do. */
export function requireFreePort(host: string, port: number): Promise<void> {
  if (port === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      const reason =
        code === 'EADDRINUSE' ? 'is taken by another program: stop it' : code === 'EACCES' ? 'is not allowed to this user: take one over 1023' : `cannot be used (${message})`;
      reject(new Error(`port ${port} ${reason}, or choose another with TUTTI_PORT (0 takes a free one)`));
    });
    server.listen(port, host, () => server.close(() => resolve()));
  });
}
