import {
  type DatasetDeclaration,
  declareDataset,
  listDatasetDeclarations,
  removeDatasetDeclaration,
} from '../../loop/data/index.ts';
import { type Kind, type Spec, withoutNulls } from '../kind.ts';

export const datasetKind: Kind = {
  section: 'datasets',
  noun: 'dataset',
  subject: (name) => `dataset:${name}`,
  events: ['dataset.declared', 'dataset.undeclared'],
  async list(db) {
    return (await listDatasetDeclarations(db)).map((declared) => ({ name: declared.name, spec: toSpec(declared) }));
  },
  desired: ({ datasets = {} }) =>
    Object.entries(datasets).map(([name, { label, event_time, key, description }]) => ({
      name,
      spec: {
        label: label ?? null,
        event_time: event_time ?? null,
        key: key ?? null,
        description: description ?? null,
      },
    })),
  declare: (parts, { name, spec, actor, cause }) =>
    declareDataset(parts, { name, declaration: fromSpec(spec), actor, cause }),
  remove: removeDatasetDeclaration,
  toYaml: withoutNulls,
};

function toSpec({ label, eventTime, key, description }: DatasetDeclaration): Spec {
  return { label, event_time: eventTime, key, description };
}

function fromSpec(spec: Spec): DatasetDeclaration {
  const text = (name: string) => (spec[name] ?? null) as string | null;
  return { label: text('label'), eventTime: text('event_time'), key: text('key'), description: text('description') };
}
