/** How a browser saves an artifact: always as a file, under its own name, whatever is in it. */
export function contentDisposition(path: string): string {
  const name = path.split('/').at(-1) ?? '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these end a header
  const clean = name.replace(/[\u0000-\u001f\u007f]/g, '_');
  if (isAscii(clean)) return `attachment; filename=${quoted(clean)}`;
  const plain = [...clean.normalize('NFKD')].filter(isAscii).join('') || 'download';
  return `attachment; filename=${quoted(plain)}; filename*=UTF-8''${encodeExtended(clean)}`;
}

function isAscii(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII
  return /^[\u0000-\u007f]*$/.test(text);
}

/** A token stays as it is, anything else becomes a quoted string. */
function quoted(text: string): string {
  return /^[\w!#$%&'*+.^`|~-]+$/.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** RFC 5987: all but its attr-chars as percent-encoded UTF-8. */
function encodeExtended(text: string): string {
  return [...Buffer.from(text, 'utf8')]
    .map((byte) => {
      const sign = String.fromCharCode(byte);
      return /[A-Za-z0-9!#$&+\-.^_`|~]/.test(sign) ? sign : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}
