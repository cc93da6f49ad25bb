/** The inputs of the test vectors: xorshift32 (13, 17, 5) from `seed`; each byte is the upper eight bits of a step. */
export function deterministicBytes(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let x = seed;
  for (let i = 0; i < length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    bytes[i] = x >>> 24;
  }
  return bytes;
}

/** Text with repetitions, as a CSV file has: line i is `i,(i × i) mod 9973,` and a word. */
export function deterministicText(length: number): Uint8Array {
  const words = ['late', 'early', 'on time', 'cancelled', 'diverted'];
  let text = '';
  for (let i = 0; text.length < length; i++) text += `${i},${(i * i) % 9973},${words[i % words.length]}\n`;
  return new TextEncoder().encode(text.slice(0, length));
}
