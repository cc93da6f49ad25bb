import type { Kind } from '../kind.ts';
import { datasetKind } from './dataset.ts';
import { endpointKind } from './endpoint.ts';
import { gateKind } from './gate.ts';
import { jobKind } from './job.ts';
import { monitorKind } from './monitor.ts';
import { policyKind } from './policy.ts';

/** In the order in which one needs the other: so they are made, and the other way round they are taken away. */
export const kinds: readonly Kind[] = [datasetKind, jobKind, gateKind, endpointKind, monitorKind, policyKind];
