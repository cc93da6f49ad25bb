import { type Authenticate, secretOf } from '../../../platform/auth/authenticate.ts';
import { hashSecret } from '../../../platform/auth/create-token.ts';
import { localPrincipal } from '../../../platform/auth/principal.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { DesiredState } from '../../deploy/index.ts';

/**
 * Knows callers by the hashes in the desired state, so that it works while the control server is away. Where no
 * token is asked for, one that is unknown here (that of a job, say) does no harm.
 */
export function authenticateCaller(
  { clock, tokens }: { readonly clock: Clock; readonly tokens: () => DesiredState['tokens'] },
  options: { readonly required: boolean },
): Authenticate {
  return async (authorization) => {
    const known = authorization === undefined ? null : findToken(authorization);
    if (known) return { kind: 'token', name: known.name, scopes: ['read', 'write'] };
    return options.required ? null : localPrincipal;
  };
  function findToken(authorization: string): { readonly name: string } | null {
    const secret = secretOf(authorization);
    if (secret === null) return null;
    const hash = hashSecret(secret);
    const token = tokens().find(({ secret_hash }) => secret_hash === hash);
    return token && (token.expires_at === null || token.expires_at > clock.now()) ? token : null;
  }
}
