export type Scope = 'read' | 'write' | 'admin';

/** Who asks: nobody in particular on a loopback server, a token, the token of one job, or a gateway. */
export type Principal =
  | { readonly kind: 'anonymous'; readonly name: 'anonymous'; readonly scopes: readonly Scope[] }
  | { readonly kind: 'token'; readonly name: string; readonly scopes: readonly Scope[] }
  | { readonly kind: 'job'; readonly name: string; readonly scopes: readonly Scope[]; readonly jobId: string }
  | { readonly kind: 'gateway'; readonly name: string; readonly scopes: readonly Scope[] };

export const localPrincipal: Principal = { kind: 'anonymous', name: 'anonymous', scopes: ['read', 'write', 'admin'] };

const rank: Readonly<Record<Scope, number>> = { read: 0, write: 1, admin: 2 };

/** A wider scope holds the narrower ones. */
export function hasScope(principal: Principal, needed: Scope): boolean {
  return principal.scopes.some((scope) => rank[scope] >= rank[needed]);
}
