import { type Option, UsageError, type Values } from '../command.ts';

/** On what another version may come to hold stable traffic. */
export const groundOptions = {
  decision: { type: 'string', value: 'ID', meaning: 'Decision that promotes the version on this endpoint.' },
  reason: {
    type: 'string',
    value: 'TEXT',
    meaning: 'Why without a decision: it is kept as an override, with your name.',
  },
} as const satisfies Record<string, Option>;

/** The members of the request that these flags stand for. @throws UsageError */
export function ground({ decision, reason }: Values<typeof groundOptions>): Record<string, string> {
  if (decision !== undefined && reason !== undefined) {
    throw new UsageError('--decision and --reason are two ways to say on what it stands: give one of them.');
  }
  return {
    ...(decision === undefined ? {} : { decision: decision.replace(/^decision:/, '') }),
    ...(reason === undefined ? {} : { reason }),
  };
}
