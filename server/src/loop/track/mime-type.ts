/** Endings that MLflow's pages show as text; case matters. */
const TEXT = new Set(
  (
    'txt log err cfg conf cnf cf ini properties prop hocon toml yaml yml xml json js py py3 csv tsv md rst ipynb ' +
    'MLmodel MLproject'
  ).split(' '),
);

/** `type/subtype: endings`, as Python's own table has them. */
const TYPES: Readonly<Record<string, string>> = {
  'application/javascript': 'mjs',
  'application/manifest+json': 'webmanifest',
  'application/msword': 'doc dot wiz',
  'application/n-quads': 'nq',
  'application/n-triples': 'nt',
  'application/oda': 'oda',
  'application/pdf': 'pdf',
  'application/pkcs7-mime': 'p7c',
  'application/postscript': 'ps ai eps',
  'application/trig': 'trig',
  'application/vnd.apple.mpegurl': 'm3u m3u8',
  'application/vnd.ms-excel': 'xls xlb',
  'application/vnd.ms-powerpoint': 'ppt pot ppa pps pwz',
  'application/wasm': 'wasm',
  'application/x-hdf5': 'h5',
  'application/x-hdf': 'hdf',
  'application/x-latex': 'latex',
  'application/x-netcdf': 'cdf nc',
  'application/x-pkcs12': 'p12 pfx',
  'application/x-python-code': 'pyc pyo',
  'application/x-sh': 'sh',
  'application/x-shockwave-flash': 'swf',
  'application/x-tar': 'tar tgz taz tz tbz2 txz',
  'application/x-tcl': 'tcl',
  'application/x-tex': 'tex',
  'application/x-texinfo': 'texi texinfo',
  'application/xml': 'xsl rdf wsdl xpdl',
  'application/zip': 'zip',
  'audio/3gpp': '3gp 3gpp',
  'audio/aac': 'aac adts ass loas',
  'audio/basic': 'au snd',
  'audio/mpeg': 'mp2 mp3',
  'audio/opus': 'opus',
  'audio/x-aiff': 'aif aifc aiff',
  'audio/x-wav': 'wav',
  'image/avif': 'avif',
  'image/bmp': 'bmp',
  'image/gif': 'gif',
  'image/heic': 'heic',
  'image/heif': 'heif',
  'image/jpeg': 'jpg jpe jpeg',
  'image/png': 'png',
  'image/svg+xml': 'svg svgz',
  'image/tiff': 'tiff tif',
  'image/vnd.microsoft.icon': 'ico',
  'image/webp': 'webp',
  'image/x-portable-pixmap': 'ppm',
  'message/rfc822': 'eml mht mhtml nws',
  'text/css': 'css',
  'text/csv': 'csv',
  'text/html': 'html htm',
  'text/n3': 'n3',
  'text/plain': 'txt bat c h ksh pl srt',
  'text/richtext': 'rtx',
  'text/tab-separated-values': 'tsv',
  'text/vtt': 'vtt',
  'text/x-python': 'py',
  'text/x-setext': 'etx',
  'text/x-sgml': 'sgm sgml',
  'text/x-vcard': 'vcf',
  'text/xml': 'xml',
  'video/mp4': 'mp4',
  'video/mpeg': 'm1v mpa mpe mpeg mpg',
  'video/quicktime': 'mov qt',
  'video/webm': 'webm',
  'video/x-msvideo': 'avi',
  'video/x-sgi-movie': 'movie',
};

const BINARY = 'application/octet-stream';
const byEnding = new Map(
  Object.entries(TYPES).flatMap(([type, endings]) => endings.split(' ').map((ending) => [ending, type] as const)),
);

/** The type that MLflow's server says an artifact has: by its name alone. */
export function mimeType(path: string): string {
  const name = path.split('/').at(-1) ?? '';
  const ending = endingOf(name);
  if (TEXT.has(ending === '' ? name : ending)) return 'text/plain';
  // What is only compressed keeps the type of what is inside.
  const inner = /^(gz|Z|bz2|xz|br)$/.test(ending) ? endingOf(name.slice(0, -ending.length - 1)) : ending;
  return byEnding.get(inner.toLowerCase()) ?? (inner.toLowerCase() === 'json' ? 'application/json' : BINARY);
}

/** Dots at the beginning of a name belong to it. */
function endingOf(name: string): string {
  return /^\.*[^.].*\.([^.]*)$/.exec(name)?.[1] ?? '';
}
