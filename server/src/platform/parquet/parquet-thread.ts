import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { BucleError } from '../errors.ts';
import { appendRows } from './append-rows.ts';
import { countShared } from './count-shared.ts';
import { profileGroups } from './profile-groups.ts';
import { openSandbox, type Sandbox } from './sandbox.ts';
import { describeSource } from './source-sql.ts';
import { streamRows } from './stream-rows.ts';
import { openInbox, type ThreadInbox } from './thread-inbox.ts';
import { BATCHES_UNDER_WAY, type FromThread, type Task, type ThreadData } from './thread-messages.ts';

/** Worker thread: does the task of `workerData` with a DuckDB of its own, and ends with an answer or why there is none. */
const data = workerData as ThreadData;

interface Work {
  readonly sandbox: Sandbox;
  readonly inbox: ThreadInbox;
  readonly post: (message: FromThread) => void;
}

function perform(work: Work, task: Task): Promise<unknown> {
  const { sandbox } = work;
  switch (task.kind) {
    case 'profile':
      return profileGroups(sandbox, data);
    case 'describe':
      return describeSource(sandbox, data.files);
    case 'overlap':
      return countShared(sandbox, task);
    case 'read':
      return sendRows(work, task);
    case 'write':
      return appendRows(sandbox, receiveRows(work), task);
  }
}

async function sendRows({ sandbox, inbox, post }: Work, task: Extract<Task, { kind: 'read' }>): Promise<null> {
  let free = BATCHES_UNDER_WAY;
  for await (const batch of streamRows(sandbox, data.files, task)) {
    while (free === 0) if ((await inbox.next()).kind === 'more') free += 1;
    post({ kind: 'rows', ...batch });
    free -= 1;
  }
  return null;
}

async function* receiveRows({ inbox, post }: Work): AsyncGenerator<readonly (readonly unknown[])[]> {
  for (;;) {
    const message = await inbox.next();
    if (message.kind === 'end') return;
    if (message.kind !== 'rows') continue;
    yield message.rows;
    post({ kind: 'more' });
  }
}

async function main(port: MessagePort): Promise<FromThread> {
  try {
    using sandbox = await openSandbox(data);
    const inbox = openInbox(port, () => sandbox.interrupt());
    const post = (message: FromThread) => port.postMessage(message);
    return { kind: 'answer', answer: await perform({ sandbox, inbox, post }, data.task) };
  } catch (error) {
    return failureOf(error);
  }
}

function failureOf(error: unknown): FromThread {
  if (error instanceof BucleError && error.code.startsWith('PARQUET_')) {
    const name = error.code.slice('PARQUET_'.length);
    return { kind: 'refusal', error: name, details: error.details } as FromThread;
  }
  return { kind: 'failure', reason: error instanceof Error ? error.message : String(error) };
}

if (parentPort) {
  const last = await main(parentPort);
  parentPort.postMessage(last);
  parentPort.close();
}
