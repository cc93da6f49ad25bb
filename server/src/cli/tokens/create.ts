import { defineCommand, UsageError } from '../command.ts';

interface CreatedToken {
  readonly name: string;
  readonly secret: string;
}

const scopes = ['read', 'write', 'admin'];

export const command = defineCommand({
  summary: 'Make a bearer token; its secret is shown once.',
  usage: 'NAME [--scope read|write|admin] [--days N]',
  options: {
    scope: {
      type: 'string',
      value: 'SCOPE',
      meaning: 'read, write (default) or admin; a wider scope holds the narrower ones.',
    },
    days: { type: 'string', value: 'N', meaning: 'How long it lives; absent: until revoked.' },
  },
  async run({ values, args }, io) {
    const [name] = args;
    if (name === undefined || args.length !== 1) throw new UsageError('tokens create needs one NAME.');
    const days = values.days === undefined ? undefined : Number(values.days);
    if (days !== undefined && !(days > 0)) throw new UsageError('--days must be a number above 0.');
    const scope = values.scope ?? 'write';
    if (!scopes.includes(scope))
      throw new UsageError(`--scope is ${scope}, but it must be one of ${scopes.join(', ')}.`);
    const token = await io.client.request<CreatedToken>('POST', '/api/v1/tokens', {
      json: {
        name,
        scopes: [scope],
        ...(days === undefined ? {} : { lifetime_seconds: Math.ceil(days * 86_400) }),
      },
    });
    if (io.json) io.printJson(token);
    else io.print(token.secret);
    io.note(
      'Keep it: only its hash is stored. Use it as BUCLE_TOKEN, and as MLFLOW_TRACKING_TOKEN for MLflow clients.',
    );
    return 0;
  },
});
