import { ApiError, type Client, createClient, type RequestOptions } from '@bucle/client';
import { readGatewayToken } from '../../../platform/auth/gateway-token.ts';
import type { Config } from '../../../platform/config/config.ts';

/** The control server as the gateway sees it: there or not, with a token that may be replaced any time. */
export interface ControlServer {
  /** @throws ApiError (status 0: nobody answers; 304 also comes so) */
  send(method: string, path: string, options?: RequestOptions): Promise<Response>;
}

/** Reads the gateway's token when it is first needed, and again when it was refused. */
export function controlServer(config: Pick<Config, 'dataDir' | 'token' | 'serverUrl'>): ControlServer {
  let client: (Client & { readonly token: string | null }) | null = null;
  return {
    async send(method, path, options) {
      client ??= await connect(config);
      try {
        return await client.send(method, path, options);
      } catch (error) {
        if (!isRefused(error)) throw error;
        const former = client.token;
        client = await connect(config);
        if (client.token === former) throw error;
        return client.send(method, path, options);
      }
    },
  };
}

async function connect(
  config: Pick<Config, 'dataDir' | 'token' | 'serverUrl'>,
): Promise<Client & { readonly token: string | null }> {
  const token = await readGatewayToken(config);
  return { ...createClient({ baseUrl: config.serverUrl, token }), token };
}

function isRefused(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 401 || error.status === 403);
}

/** Whether the same may succeed later: nobody answered, or whoever did has troubles of its own. */
export function isPassing(error: ApiError): boolean {
  return error.status === 0 || error.status >= 500 || error.status === 408 || error.status === 429 || isRefused(error);
}
