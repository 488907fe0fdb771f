/**
 * What a tab says about its device: which tests of exactness it ran, and what came out. A claim of its sender and no proof:
 * who doubts it runs the same tests. As JSON it is a file.
 */
import { decodeJson, encodeJson } from './json.ts';
import { integer, list, literal, object, type Reader, text } from './reader.ts';

export interface PipelineResult {
  /** Of the first operation that it computes. */
  readonly label: string;
  /** Numbers compared with the law, and how many of them differed. */
  readonly values: number;
  readonly different: number;
  /** In words: where the first difference is; empty where there is none. */
  readonly first: string;
  /** Of a product that is added up in the guarded way, as the fast way differed on this device. */
  readonly guarded: boolean;
}

export interface Certificate {
  /** Seconds since 1970. */
  readonly time: number;
  readonly device: string;
  /** As the browser names itself and its system: what is known of the driver is in the device's name. */
  readonly browser: string;
  readonly verdict: 'exact' | 'refused' | 'none';
  readonly checks: readonly { readonly name: string; readonly passed: boolean; readonly detail: string }[];
  readonly jobs: readonly { readonly operations: number; readonly pipelines: readonly PipelineResult[] }[];
}

export const MAX_CERTIFICATE_BYTES = 1 << 20;
const COUNT = integer(0, 2 ** 40);
const word = (it: boolean) => (it ? 'yes' : 'no');
const truth: Reader<boolean> = (value, at) => literal('yes', 'no')(value, at) === 'yes';

type Written = Omit<Certificate, 'checks'> & { readonly tutti: 'certificate'; readonly version: 2; readonly checks: Certificate['checks'] };
const certificate = object<Written>({
  tutti: literal('certificate'),
  version: literal(2),
  time: integer(0, 2 ** 40),
  device: text(0, 300),
  browser: text(0, 500),
  verdict: literal('exact', 'refused', 'none'),
  checks: list(object<Certificate['checks'][number]>({ name: text(0, 300), passed: truth, detail: text(0, 2000) }), 0, 100),
  jobs: list(
    object<Certificate['jobs'][number]>({
      operations: COUNT,
      pipelines: list(object<PipelineResult>({ label: text(0, 300), values: COUNT, different: COUNT, first: text(0, 1000), guarded: truth }), 0, 5000),
    }),
    0,
    20,
  ),
});

export function encodeCertificate(it: Certificate): Uint8Array<ArrayBuffer> {
  const checks = it.checks.map((check) => ({ ...check, passed: word(check.passed) }));
  const jobs = it.jobs.map((job) => ({ ...job, pipelines: job.pipelines.map((pipeline) => ({ ...pipeline, guarded: word(pipeline.guarded) })) }));
  return encodeJson({ tutti: 'certificate', version: 2, ...it, checks, jobs });
}

/** Errors: ProtocolError with the place and what was expected there. */
export function parseCertificate(bytes: Uint8Array): Certificate {
  const { tutti: _, version: __, ...read } = decodeJson(bytes, 'certificate', MAX_CERTIFICATE_BYTES, certificate);
  return read;
}
