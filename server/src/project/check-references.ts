import { orList, type Problem } from './problem.ts';
import type { ProjectFile } from './project-file.schema.ts';
import { pointerTo, type ReadYaml } from './read-yaml.ts';
import { suggestWord } from './suggest.ts';

export type Section = 'datasets' | 'jobs' | 'gates' | 'endpoints' | 'monitors' | 'policies';

/** Names that a file may refer to although it does not declare them. */
export type KnownNames = Readonly<Partial<Record<Section, readonly string[]>>>;

const NOUNS: Readonly<Record<Section, string>> = {
  ...{ datasets: 'dataset', jobs: 'job', gates: 'gate', endpoints: 'endpoint', monitors: 'monitor' },
  policies: 'policy',
};

interface Reference {
  readonly pointer: string;
  readonly section: Section;
  readonly name: string;
  /** The name is the key itself. */
  readonly isKey?: boolean;
}

/** Every name that stands for something else: is there such a thing, in the file or on the server? */
export function checkReferences(file: ProjectFile, { at, valueAt }: ReadYaml, live: KnownNames): Problem[] {
  return referencesOf(file).flatMap(({ pointer, section, name, isKey }) => {
    const declared = Object.keys(file[section] ?? {});
    const known = [...new Set([...declared, ...(live[section] ?? [])])].sort();
    if (known.includes(name)) return [];
    const noun = NOUNS[section];
    return {
      ...(isKey ? at(pointer) : valueAt(pointer)),
      what: `there is no ${noun} ${JSON.stringify(name)}`,
      expected:
        known.length > 0 && known.length <= 12 ? orList(known) : `a ${noun} that is declared under \`${section}\``,
      suggestion: suggestWord(name, known, `add \`${name}\` to \`${section}\``),
    };
  });
}

function referencesOf(file: ProjectFile): Reference[] {
  const references: Reference[] = [];
  for (const [job, { inputs = {} }] of Object.entries(file.jobs ?? {})) {
    for (const [input, dataset] of Object.entries(inputs)) {
      const name = dataset.replace(/^dataset:/, '').replace(/@.*$/, '');
      references.push({ pointer: pointerTo('/jobs', job, 'inputs', input), section: 'datasets', name });
    }
  }
  for (const [endpoint, { reference }] of Object.entries(file.monitors ?? {})) {
    const pointer = pointerTo('/monitors', endpoint);
    references.push({ pointer, section: 'endpoints', name: endpoint, isKey: true });
    if (reference !== undefined) {
      references.push({ pointer: `${pointer}/reference`, section: 'datasets', name: reference });
    }
  }
  for (const [policy, { endpoint, job, gate, data }] of Object.entries(file.policies ?? {})) {
    const pointer = pointerTo('/policies', policy);
    references.push({ pointer: `${pointer}/endpoint`, section: 'endpoints', name: endpoint });
    references.push({ pointer: `${pointer}/job`, section: 'jobs', name: job });
    if (gate !== undefined) references.push({ pointer: `${pointer}/gate`, section: 'gates', name: gate });
    references.push({ pointer: `${pointer}/data/dataset`, section: 'datasets', name: data.dataset });
  }
  return references;
}
