/**
 * What tabs tell each other over the mesh, beside blobs. All of it is small JSON, read strictly.
 * Nothing here is believed because of who sent it: hashes are recomputed, signatures checked by the receiver.
 */
import type { Address, Hash } from './jobSpec.ts';
import { decodeJson, encodeJson } from './json.ts';
import { MAX_MESSAGE_BYTES, MAX_ROUNDS, MAX_SEGMENTS, MAX_SLOTS } from './limits.ts';
import { ProtocolError } from './protocolError.ts';
import { address, bigNatural, hash, integer, list, literal, nullable, object, type Reader, real, signature, text } from './reader.ts';

/** R1: stage is 0 until models are cut into stages. */
export interface SlotKey {
  readonly job: bigint;
  readonly round: number;
  readonly slot: number;
  readonly stage: 0;
}
const key = { job: bigNatural, round: integer(0, MAX_ROUNDS), slot: integer(0, MAX_SLOTS - 1), stage: literal(0) } as const;

const peer = text(1, 200);

/** Published when a slot's delta can be fetched; asked of a keeper, it means: hold these bytes and sign for them (R3). */
export interface DeltaAnnouncement extends SlotKey {
  readonly globalRoot: Hash;
  readonly checkpointsRoot: Hash;
  readonly proposalRoot: Hash;
  readonly deltaHash: Hash;
  readonly solver: Address;
  /** Mesh id that holds the bytes. */
  readonly peer: string;
}
export type ReceiptRequest = DeltaAnnouncement;
export interface ReceiptAnswer extends SlotKey {
  readonly deltaHash: Hash;
  readonly keeper: Address;
  readonly signature: `0x${string}`;
}

/** An auditor asks for the state at a checkpoint. Signed by the auditor that the chain drew, for the peer that asks: others are told nothing. */
export interface CheckpointRequest extends SlotKey {
  readonly checkpoint: number;
  readonly attempt: number;
  readonly auditor: Address;
  /** Mesh id of who asks. */
  readonly peer: string;
  readonly signature: `0x${string}`;
}
export interface CheckpointAnswer extends SlotKey {
  readonly checkpoint: number;
  readonly root: Hash;
  readonly salt: Hash;
  readonly path: readonly Hash[];
  /** Blob of the state's tensors, little endian, in Program state order: fetched as a blob, since it may be large. */
  readonly stateHash: Hash;
}

/** Published when G_round can be fetched. */
export interface GlobalOffer {
  readonly job: bigint;
  readonly round: number;
  readonly root: Hash;
  /** Blob of G_round (H4 order). */
  readonly blob: Hash;
  readonly peer: string;
}

/** A point of the curve: shown, never paid for. Signed so that a chart can be told from noise. */
export interface LossReport extends SlotKey {
  readonly step: number;
  readonly loss: number;
  readonly accuracy: number | null;
  readonly reporter: Address;
  readonly signature: `0x${string}`;
}

const deltaAnnouncement = object<DeltaAnnouncement>({ ...key, globalRoot: hash, checkpointsRoot: hash, proposalRoot: hash, deltaHash: hash, solver: address, peer });
const receiptAnswer = object<ReceiptAnswer>({ ...key, deltaHash: hash, keeper: address, signature });
const checkpoint = integer(0, MAX_SEGMENTS);
const checkpointRequest = object<CheckpointRequest>({ ...key, checkpoint, attempt: integer(0, 255), auditor: address, peer, signature });
const checkpointAnswer = object<CheckpointAnswer>({ ...key, checkpoint, root: hash, salt: hash, path: list(hash, 0, 16), stateHash: hash });
const globalOffer = object<GlobalOffer>({ job: bigNatural, round: integer(0, MAX_ROUNDS), root: hash, blob: hash, peer });
const finite = real(-3.5e38, 3.5e38);
const lossReport = object<LossReport>({ ...key, step: integer(0, 0xffffffff), loss: finite, accuracy: nullable(real(0, 1)), reporter: address, signature });

function parser<T>(what: string, reader: Reader<T>): (bytes: Uint8Array) => T {
  return (bytes) => decodeJson(bytes, what, MAX_MESSAGE_BYTES, reader);
}

/** Each: errors are ProtocolError naming the field. */
export const parseDeltaAnnouncement = parser('delta announcement', deltaAnnouncement);
export const parseReceiptRequest = parser('receipt request', deltaAnnouncement);
export const parseReceiptAnswer = parser('receipt answer', receiptAnswer);
export const parseCheckpointRequest = parser('checkpoint request', checkpointRequest);
export const parseCheckpointAnswer = parser('checkpoint answer', checkpointAnswer);
export const parseGlobalOffer = parser('global state offer', globalOffer);
export const parseLossReport = parser('loss report', lossReport);

export type Message = DeltaAnnouncement | ReceiptAnswer | CheckpointRequest | CheckpointAnswer | GlobalOffer | LossReport;

export function encodeMessage(message: Message): Uint8Array<ArrayBuffer> {
  const bytes = encodeJson(message);
  if (bytes.length > MAX_MESSAGE_BYTES) throw new ProtocolError(`a message of ${bytes.length} bytes is over the limit of ${MAX_MESSAGE_BYTES}`);
  return bytes;
}

/** What the auditor signs. */
export function checkpointRequestText(request: Omit<CheckpointRequest, 'signature'>): string {
  const { job, round, slot, checkpoint, attempt, auditor, peer: asker } = request;
  return `Tutti checkpoint request\njob ${job} round ${round} slot ${slot} checkpoint ${checkpoint} attempt ${attempt}\nby ${auditor.toLowerCase()} for peer ${asker}`;
}

/** The text that the reporter signs (EIP-191, as any wallet does). */
export function lossReportText(report: Omit<LossReport, 'signature'>): string {
  const { job, round, slot, step, loss, accuracy, reporter } = report;
  return `Tutti loss report\njob ${job} round ${round} slot ${slot} step ${step}\nloss ${loss} accuracy ${accuracy ?? 'none'}\nby ${reporter.toLowerCase()}`;
}
