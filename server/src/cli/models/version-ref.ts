import { UsageError } from '../command.ts';

export interface ModelRef {
  readonly name: string;
  /** Absent: the model itself. */
  readonly version?: string;
}

/** `NAME`, `NAME/N` or `version:NAME/N`. */
export function parseModelRef(text: string): ModelRef {
  const [, name, version] = /^(?:version:)?(.+)\/(\d+)$/.exec(text) ?? [];
  return name === undefined || version === undefined ? { name: text } : { name, version };
}

/** @throws UsageError */
export function parseVersionRef(text: string | undefined, command: string): Required<ModelRef> {
  const { name, version } = parseModelRef(text ?? '');
  if (version === undefined) throw new UsageError(`${command} needs a version as NAME/N, such as flights/3.`);
  return { name, version };
}

/** What to do when the server knows no such thing. */
export function whereModels(name: string): string {
  return `The models are in \`bucle models ls\`, their versions in \`bucle models show ${name}\`.`;
}
