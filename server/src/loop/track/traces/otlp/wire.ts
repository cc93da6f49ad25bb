/** A body that is not what it claims to be. */
export class MalformedOtlp extends Error {
  override readonly name = 'MalformedOtlp';
}

/** One field of a protobuf message, as it lies on the wire. */
export interface WireField {
  readonly number: number;
  /** A number, or bytes for texts, bytes and messages. */
  readonly value: bigint | Uint8Array;
}

/** Fields in their order; what repeats comes repeatedly. @throws MalformedOtlp */
export function* fieldsOf(bytes: Uint8Array): Generator<WireField> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = (): bigint => {
    let result = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at];
      if (byte === undefined) throw new MalformedOtlp('A number ends too early.');
      at += 1;
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, result);
    }
    throw new MalformedOtlp('A number is too long.');
  };
  const take = (length: number): number => {
    if (length > bytes.length - at) throw new MalformedOtlp('A field is longer than its message.');
    at += length;
    return at - length;
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const number = Math.floor(tag / 8);
    if (number === 0) throw new MalformedOtlp('There is no field 0.');
    switch (tag % 8) {
      case 0:
        yield { number, value: varint() };
        break;
      case 1:
        yield { number, value: view.getBigUint64(take(8), true) };
        break;
      case 2: {
        const length = Number(varint());
        const from = take(length);
        yield { number, value: bytes.subarray(from, from + length) };
        break;
      }
      case 5:
        yield { number, value: BigInt(view.getUint32(take(4), true)) };
        break;
      default:
        throw new MalformedOtlp('A field has a type that protobuf does not have.');
    }
  }
}

export function bytesOf({ number, value }: WireField): Uint8Array {
  if (typeof value !== 'bigint') return value;
  throw new MalformedOtlp(`Field ${number} is a number.`);
}

export function integerOf({ number, value }: WireField): bigint {
  if (typeof value === 'bigint') return value;
  throw new MalformedOtlp(`Field ${number} is no number.`);
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function textOf(field: WireField): string {
  try {
    return utf8.decode(bytesOf(field));
  } catch (error) {
    throw new MalformedOtlp(`Field ${field.number} is no UTF-8.`, { cause: error });
  }
}

const scratch = new DataView(new ArrayBuffer(8));

/** The double with these 64 bits. */
export function doubleOf(field: WireField): number {
  scratch.setBigUint64(0, integerOf(field));
  return scratch.getFloat64(0);
}
