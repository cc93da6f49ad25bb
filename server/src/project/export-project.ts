import { Document, isCollection, isMap, isScalar, type Node, type YAMLMap } from 'yaml';
import { projectErrors } from './errors.ts';
import type { Json, KindParts } from './kind.ts';
import { kinds } from './kinds/index.ts';
import { observe } from './plan.ts';
import { SCHEMA_PATH } from './project-file.schema.ts';

/**
 * bucle.yaml of what is live: applying it changes nothing. With a name only what that project owns, else all that
 * belongs to no other project. @throws PROJECT_NOT_FOUND
 */
export async function exportProject(parts: KindParts, given: string | null): Promise<string> {
  const observed = await observe(parts);
  const projects = [...new Set(observed.owned.map(({ project }) => project))];
  if (given !== null && !projects.includes(given)) throw projectErrors.NOT_FOUND({ project: given });
  const project = given ?? (projects.length === 1 ? projects[0] : undefined) ?? 'default';
  const owner = new Map(observed.owned.map((one) => [`${one.kind}/${one.name}`, one.project]));
  const sections: Record<string, Record<string, Json>> = {};
  for (const kind of kinds) {
    const mine = [...(observed.live.get(kind) ?? [])].filter(([name]) => {
      const of = owner.get(`${kind.noun}/${name}`);
      return given === null ? of === undefined || of === project : of === given;
    });
    const sorted = mine.sort(([a], [b]) => (a < b ? -1 : 1));
    if (sorted.length > 0) {
      sections[kind.section] = Object.fromEntries(sorted.map(([name, spec]) => [name, kind.toYaml(spec)]));
    }
  }
  return write(project, sections);
}

function write(project: string, sections: Readonly<Record<string, Record<string, Json>>>): string {
  const document = new Document({ project, ...sections });
  document.commentBefore = ` yaml-language-server: $schema=${SCHEMA_PATH}`;
  const root = document.contents as YAMLMap;
  for (const { key, value } of root.items) {
    const comment = COMMENTS[isScalar(key) ? String(key.value) : ''];
    if (comment !== undefined && isMap(value)) value.commentBefore = comment;
    if (isMap(value)) for (const item of value.items) flowInner(item.value as Node | null);
  }
  return document.toString({ lineWidth: 110, flowCollectionPadding: true });
}

/** What is live and a file can't say. */
const COMMENTS: Readonly<Record<string, string>> = {
  datasets: ' Versions are pushed by `bucle data push`; what their columns mean is declared here.',
  jobs: ' The code is the folder of this file, sent by `bucle apply`; what jobs run now is kept until then.',
  endpoints: ' Which version has the traffic is decided by rollouts and `bucle endpoints traffic`, not here.',
};

/** A thing is a block; what lies within it goes on one line. */
function flowInner(node: Node | null): void {
  if (!isMap(node)) return;
  for (const { value } of node.items) if (isCollection(value)) value.flow = true;
}
