/** What the demo tells: numbered steps, facts under them, and promises that are kept or not. */
export interface Story {
  step(title: string): void;
  fact(text: string): void;
  /** What is being done now, while it takes long. */
  progress(text: string): void;
  /** Checks one promise; a broken one is shown at once and fails the demo in the end. */
  promise(text: string, kept: boolean, evidence: string): void;
  /** The summary; true when every promise was kept. */
  end(): boolean;
}

interface Promised {
  readonly text: string;
  readonly kept: boolean;
  readonly evidence: string;
}

const started = Date.now();

export function tellStory(write: (text: string) => void, colour: boolean): Story {
  const promises: Promised[] = [];
  let steps = 0;
  const paint = (code: number, text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const mark = (kept: boolean) => (kept ? paint(32, '✓ kept  ') : paint(31, '✗ BROKEN'));
  return {
    step(title) {
      steps += 1;
      const seconds = Math.round((Date.now() - started) / 1000);
      write(`\n${paint(1, `${steps}  ${title}`)}  ${paint(2, `${seconds} s`)}\n`);
    },
    fact: (text) => write(`   ${text.replaceAll('\n', '\n   ')}\n`),
    progress: (text) => write(`   ${paint(2, `· ${text.slice(0, 110)}`)}\n`),
    promise(text, kept, evidence) {
      promises.push({ text, kept, evidence });
      write(`   ${mark(kept)} ${text}: ${evidence}\n`);
    },
    end() {
      const seconds = Math.round((Date.now() - started) / 1000);
      write(`\n${paint(1, 'Summary')}  ${paint(2, `${seconds} s`)}\n`);
      const width = Math.max(...promises.map(({ text }) => text.length));
      for (const { text, kept, evidence } of promises) write(`   ${mark(kept)} ${text.padEnd(width)}  ${evidence}\n`);
      const broken = promises.filter(({ kept }) => !kept).length;
      const verdict = broken === 0 ? paint(32, 'Every promise was kept.') : paint(31, `${broken} broken.`);
      write(`\n   ${promises.length - broken} of ${promises.length} promises. ${verdict}\n`);
      return broken === 0;
    },
  };
}
