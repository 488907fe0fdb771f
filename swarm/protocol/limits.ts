/** Bounds on everything that is read from strangers. Over a bound is refused, with the bound in the message. */

/** One gossip or question message (the mesh carries 64 KiB). */
export const MAX_MESSAGE_BYTES = 64 * 1024;
export const MAX_SPEC_BYTES = 256 * 1024;
export const MAX_MANIFEST_BYTES = 8 * 1024 * 1024;

/** As in the contract, where the counted slots of a round are one 64-bit map. */
export const MAX_SLOTS = 64;
export const MAX_ROUNDS = 100_000;
export const MAX_STEPS_PER_ROUND = 100_000;
/** Sealed checkpoint leaves of one round. */
export const MAX_SEGMENTS = 4096;
export const MAX_SCHEDULES = 16;
export const MAX_SCHEDULE_PIECES = 4096;
export const MAX_BATCH = 65_536;

export const MAX_ROWS = 2 ** 31;
export const MAX_ROWS_PER_CHUNK = 65_536;
export const MAX_COLUMNS = 256;
export const MAX_ROW_BYTES = 16 * 1024 * 1024;
export const MAX_CHUNK_BYTES = 64 * 1024 * 1024;
export const MAX_CHUNKS = 65_536;
export const MAX_RANK = 6;

/** Stands for a slot where something is about the posted root of a round, not about a slot's work. */
export const GLOBAL_SLOT = 65535;
