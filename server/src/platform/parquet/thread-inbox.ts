import type { MessagePort } from 'node:worker_threads';
import type { ToThread } from './thread-messages.ts';

/** In the thread: what the caller says, in order. After an interrupt every wait fails. */
export interface ThreadInbox {
  next(): Promise<ToThread>;
}

export function openInbox(port: MessagePort, onInterrupt: () => void): ThreadInbox {
  const arrived: ToThread[] = [];
  let interrupted = false;
  let wake = () => {};
  port.on('message', (message: ToThread) => {
    if (message.kind === 'interrupt') {
      interrupted = true;
      onInterrupt();
    } else arrived.push(message);
    wake();
  });
  return {
    async next() {
      for (;;) {
        if (interrupted) throw new Error('INTERRUPT Error: Interrupted!');
        const message = arrived.shift();
        if (message) return message;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
