import type { Context } from '../../../context.ts';
import { BucleError } from '../../../platform/errors.ts';
import { checkTarget } from '../../../platform/webhooks/check-target.ts';
import type { Network } from '../../../platform/webhooks/network.ts';
import { type Answered, sendRequest } from '../../../platform/webhooks/send-request.ts';
import { version } from '../../../version.ts';
import { messageHeaders } from './message.ts';
import type { Signer } from './webhook.ts';

export type Sent = { readonly answer: Answered } | { readonly error: string };

/** One try: to public or allowed addresses only, each time looked up anew; redirects are not followed. */
export async function sendMessage(
  { config, clock }: Pick<Context, 'config' | 'clock'>,
  { resolve, timeoutMs, ca }: Network,
  { webhook, id, body, signal }: { webhook: Signer; id: string; body: string; signal?: AbortSignal },
): Promise<Sent> {
  try {
    const target = await checkTarget(webhook.url, { allow: config.webhookAllow, resolve });
    const headers = {
      'user-agent': `bucle/${version}`,
      ...messageHeaders(webhook.secret, { id, at: clock.now(), body }),
    };
    const outgoing = { headers, body, timeoutMs, ca };
    return { answer: await sendRequest(target, signal === undefined ? outgoing : { ...outgoing, signal }) };
  } catch (error) {
    return { error: describeFailure(error) };
  }
}

/** Without addresses or anything that the other side said. */
function describeFailure(error: unknown): string {
  if (error instanceof BucleError) return error.next === undefined ? error.message : `${error.message} ${error.next}`;
  const { code, message } = error as NodeJS.ErrnoException;
  return code === undefined ? message : `The connection failed (${code}).`;
}
