import { defineCommand } from '../command.ts';

interface TokenSummary {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly revoked_at: number | null;
}

export const command = defineCommand({
  summary: 'List tokens.',
  usage: '',
  options: {},
  async run(_input, io) {
    const { tokens } = await io.client.request<{ tokens: TokenSummary[] }>('GET', '/api/v1/tokens');
    if (io.json) io.printJson(tokens);
    else if (tokens.length === 0) io.note('No tokens yet: `bucle tokens create NAME` makes one.');
    else {
      io.printTable(
        ['name', 'scopes', 'created', 'expires', 'state'],
        tokens.map((token) => [
          token.name,
          token.scopes.join(','),
          day(token.created_at),
          token.expires_at === null ? null : day(token.expires_at),
          token.revoked_at === null ? 'live' : 'revoked',
        ]),
      );
    }
    return 0;
  },
});

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 16).replace('T', ' ');
}
