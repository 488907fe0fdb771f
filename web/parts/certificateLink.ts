/** A certificate in the part of a link that no server sees: JSON, deflated, in base64url. */
import { type Certificate, encodeCertificate, MAX_CERTIFICATE_BYTES, parseCertificate } from '#swarm/protocol/certificate.ts';

const PAGE = '#/certificate/';
/** Browsers and chats cut longer ones. */
export const MAX_LINK = 30_000;

/** Errors: too long for a link. */
export async function certificateLink(certificate: Certificate): Promise<string> {
  const packed = new Uint8Array(await new Response(new Blob([encodeCertificate(certificate)]).stream().pipeThrough(new CompressionStream('deflate-raw'))).arrayBuffer());
  const text = btoa(Array.from(packed, (byte) => String.fromCharCode(byte)).join(''))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');
  if (text.length > MAX_LINK) throw new Error('This certificate is too long for a link: save it as a file instead.');
  return `${location.origin}${location.pathname}${PAGE}${text}`;
}

/** Errors: in words, whatever the text is; never more than the limit is unpacked. */
export async function readCertificate(text: string): Promise<Certificate> {
  if (text.length > MAX_LINK || !/^[A-Za-z0-9_-]+$/.test(text)) throw new Error('This link holds no certificate: it was cut or changed on its way.');
  const packed = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
  return parseCertificate(await unpacked(packed));
}

async function unpacked(packed: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  try {
    for await (const piece of new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'))) {
      length += piece.length;
      if (length > MAX_CERTIFICATE_BYTES) break;
      pieces.push(piece);
    }
  } catch {
    throw new Error('This link holds no certificate: it was cut or changed on its way.');
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}
