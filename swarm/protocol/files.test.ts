import { describe, expect, test } from 'vitest';
import { type Certificate, encodeCertificate, parseCertificate } from './certificate.ts';
import { encodeDelegation, parseDelegation } from './delegation.ts';

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const written = (it: Uint8Array) => JSON.parse(new TextDecoder().decode(it)) as Record<string, unknown>;

describe('files that people hand to each other', () => {
  const delegation = { account: `0x${'ab'.repeat(20)}`, delegate: `0x${'cd'.repeat(20)}`, chainId: 31888, secret: new Uint8Array(32).fill(7) } as const;
  const certificate: Certificate = {
    time: 1_760_000_000,
    device: 'a device',
    browser: 'a browser',
    verdict: 'refused',
    checks: [{ name: 'Matrix products', passed: false, detail: 'one differs' }],
    jobs: [{ operations: 3, pipelines: [{ label: 'dense_1', values: 6, different: 1, first: 'dense_1 [0]', guarded: true }] }],
  };

  test('D14 a delegation comes back as it was', () => {
    expect(parseDelegation(encodeDelegation(delegation))).toEqual(delegation);
  });

  test('a certificate comes back as it was', () => {
    expect(parseCertificate(encodeCertificate(certificate))).toEqual(certificate);
  });

  test.each([
    ['another kind of file', { tutti: 'certificate' }, /delegation\.tutti: expected "delegation"/],
    ['a secret that is too short', { secret: '0x07' }, /delegation\.secret: expected 0x and 64/],
    ['a field more', { key: '0x' }, /unknown field "key"/],
  ])('D14 %s is refused with its place', (_, change, message) => {
    expect(() => parseDelegation(bytes({ ...written(encodeDelegation(delegation)), ...change }))).toThrow(message);
  });

  test.each([
    ['a verdict that there is not', { verdict: 'perfect' }, /certificate\.verdict/],
    ['negative counts', { jobs: [{ operations: -1, pipelines: [] }] }, /certificate\.jobs\[0\]\.operations/],
  ])('a certificate with %s is refused with its place', (_, change, message) => {
    expect(() => parseCertificate(bytes({ ...written(encodeCertificate(certificate)), ...change }))).toThrow(message);
  });
});
