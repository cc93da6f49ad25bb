import { checkReferences, type KnownNames } from './check-references.ts';
import { checkRules } from './check-rules.ts';
import { checkShape } from './check-shape.ts';
import { type Problem, sortProblems } from './problem.ts';
import type { ProjectFile } from './project-file.schema.ts';
import { type ReadYaml, readYaml } from './read-yaml.ts';

export type Parsed =
  | { readonly file: ProjectFile; readonly problems?: undefined }
  | { readonly file?: undefined; readonly problems: readonly Problem[] };

/** The text of bucle.yaml → what it declares, or everything that is wrong with it, in the order of the file. */
export function parseProject(text: string, live: KnownNames = {}): Parsed {
  const read = readYaml(text);
  if (isProblems(read)) return { problems: sortProblems(read) };
  const misshapen = checkShape(read);
  // Names and rules of parts that are not what they should be say nothing.
  if (misshapen.length > 0) return { problems: sortProblems(misshapen) };
  const file = read.value as ProjectFile;
  const problems = [...checkReferences(file, read, live), ...checkRules(file, read)];
  return problems.length > 0 ? { problems: sortProblems(problems) } : { file };
}

function isProblems(read: ReadYaml | readonly Problem[]): read is readonly Problem[] {
  return Array.isArray(read);
}
