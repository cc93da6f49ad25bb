import { defineCommand, exitCodes } from './command.ts';
import { fileOptions, readProjectFile } from './project/read-file.ts';

interface Problem {
  readonly line: number;
  readonly column: number;
  readonly what: string;
  readonly expected: string;
  readonly suggestion: string;
}

export const command = defineCommand({
  summary:
    'Check bucle.yaml: each mistake with its place, what was expected, and what to do. Exits with 1 if there is one.',
  usage: '[-f FILE]',
  options: fileOptions,
  async run({ values }, io) {
    const { file, text } = await readProjectFile(io, values.file);
    const answer = await io.client.request<{ problems: readonly Problem[] }>('POST', '/api/v1/project/validate', {
      json: { file, text },
      signal: io.signal,
    });
    const { problems } = answer;
    if (io.json) io.printJson(answer);
    else {
      for (const { line, column, what, expected, suggestion } of problems) {
        io.print(`${file}:${line}:${column}: ${what}; expected ${expected}; ${suggestion}`);
      }
    }
    io.note(problems.length === 0 ? `${file} is valid.` : `${problems.length} to correct.`);
    return problems.length === 0 ? exitCodes.ok : exitCodes.failed;
  },
});
