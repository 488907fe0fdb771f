/** A submitter behind HTTP on a free port, as a relay mounts it. */
import { createServer } from 'node:http';

interface Submits {
  submit(body: unknown): Promise<unknown>;
}

export async function mountSubmitter(submitter: Submits): Promise<{ readonly url: string; readonly stop: () => void }> {
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      submitter.submit(JSON.parse(Buffer.concat(pieces).toString('utf8'))).then(
        (answer) => response.end(JSON.stringify(answer)),
        (error: Error) => {
          response.statusCode = 400;
          response.end(JSON.stringify({ error: error.message }));
        },
      );
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, stop: () => void server.close() };
}
