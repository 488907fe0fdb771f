/** A relay's pinning store over HTTP: `<origin>/api/blob/<64 hex digits>`. Asked quietly: a missing blob is 204, no error in the console. */
import { networkLimits } from '../networkLimits.ts';
import type { Traffic } from '../traffic.ts';
import type { BlobHub } from './blobHub.ts';

const UPLOAD_TIMEOUT_MS = 300_000;

export function httpBlobHub(origin: string, traffic: Traffic): BlobHub {
  return {
    name: origin,
    get: async (hash, onProgress, signal) => {
      const response = await fetch(`${origin}/api/blob/${hash.slice(2)}?quiet`, { signal });
      if (response.status === 204 || response.status === 404) return null;
      if (!response.ok || !response.body) throw new Error(`it answered ${response.status}`);
      const total = Number(response.headers.get('content-length'));
      if (!Number.isSafeInteger(total) || total < 0 || total > networkLimits.blobBytes) throw new Error(`it announced ${total} bytes`);
      const bytes = new Uint8Array(total);
      let done = 0;
      const reader = response.body.getReader();
      for (;;) {
        const { value, done: ended } = await reader.read();
        if (ended) break;
        traffic.received += value.length;
        if (done + value.length > total) throw new Error(`it sent more than the ${total} bytes announced`);
        bytes.set(value, done);
        done += value.length;
        onProgress(done, total);
      }
      if (done !== total) throw new Error(`it broke off after ${done} of ${total} bytes`);
      return bytes;
    },
    put: async (hash, bytes) => {
      const url = `${origin}/api/blob/${hash.slice(2)}`;
      const signal = AbortSignal.timeout(UPLOAD_TIMEOUT_MS);
      if ((await fetch(`${url}?quiet`, { method: 'HEAD', signal })).status === 200) return;
      const response = await fetch(url, { method: 'PUT', body: bytes as Uint8Array<ArrayBuffer>, signal });
      if (!response.ok) throw new Error((await response.text()).slice(0, 500) || `the hub at ${origin} answered ${response.status}`);
      traffic.sent += bytes.length;
    },
  };
}
