import { randomBytes, randomFillSync } from 'node:crypto';

/**
 * A UUIDv7 (RFC 9562): 48 bits of milliseconds, then random; ids made in one
 * millisecond of one process still sort in the order in which they were made.
 */
export function uuidv7(now: number = Date.now()): string {
  const bytes = nextRandom();
  const time = Math.max(now, lastTime);
  sequence = time === lastTime ? sequence + 1 : bytes.readUInt16BE(6) & 0x07ff;
  lastTime = time;
  if (sequence > 0x0fff) {
    lastTime += 1;
    sequence = 0;
  }
  bytes.writeUIntBE(lastTime, 0, 6);
  bytes.writeUInt16BE(0x7000 | sequence, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** A request takes an id each: the system is asked for random bytes once for many. Valid until the next call. */
function nextRandom(): Buffer {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += 16;
  return pool.subarray(used - 16, used);
}

const pool = Buffer.alloc(16 * 256);
let used = pool.length;

let lastTime = 0;
let sequence = 0;

/** 32 lower-case hex digits, the form that MLflow uses for run ids. */
export function hexId(): string {
  return randomBytes(16).toString('hex');
}

/** A secret for bearer tokens: 256 random bits, URL-safe. */
export function randomSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** Uniform integer in [0, below). */
export function randomInteger(below: number): number {
  return Math.floor((randomBytes(6).readUIntBE(0, 6) / 2 ** 48) * below);
}
