import { defineCommand, UsageError } from './command.ts';
import { commands } from './commands.ts';
import { globalOptions } from './global-options.ts';

/** Command → `--flag`s. */
type Flags = Readonly<Record<string, readonly string[]>>;

const shells: Readonly<Record<string, (names: readonly string[], flags: Flags) => string>> = {
  bash: (names, flags) => `_bucle() {
  local line="\${COMP_WORDS[*]:1:COMP_CWORD-1}"
  local current="\${COMP_WORDS[COMP_CWORD]}"
  local words="" name flags
  while IFS='|' read -r name flags; do
    if [[ "$current" == -* ]]; then
      if [[ "$line " == "$name "* ]]; then words="$words $flags"; fi
    elif [ -z "$line" ]; then words="$words \${name%% *}"
    elif [[ "$name" == "$line "* ]]; then words="$words \${name#"$line "}"; fi
  done <<'NAMES'
${names.map((name) => `${name}|${(flags[name] ?? []).join(' ')}`).join('\n')}
NAMES
  COMPREPLY=($(compgen -W "$(printf '%s\\n' $words | sort -u)" -- "$current"))
}
complete -o default -F _bucle bucle
`,
  zsh: (names) => `#compdef bucle
_bucle() {
  local -a names words
  names=(${names.map((name) => `'${name}'`).join(' ')})
  if (( CURRENT == 2 )); then words=(\${(u)names%% *}); compadd -a words
  elif (( CURRENT == 3 )); then words=(\${\${(M)names:#\${words[2]} *}#* }); compadd -a words
  else _files; fi
}
compdef _bucle bucle
`,
  fish: (names) =>
    `${names
      .map((name) => {
        const [noun = '', verb] = name.split(' ');
        return verb === undefined
          ? `complete -c bucle -f -n __fish_use_subcommand -a ${noun}`
          : `complete -c bucle -f -n __fish_use_subcommand -a ${noun}\ncomplete -c bucle -f -n '__fish_seen_subcommand_from ${noun}' -a ${verb}`;
      })
      .join('\n')}\n`,
};

async function allFlags(): Promise<Flags> {
  const entries = Object.entries(commands).map(async ([name, load]) => {
    const { options } = (await load()).command;
    return [name, Object.keys({ ...options, ...globalOptions }).map((flag) => `--${flag}`)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

export const command = defineCommand({
  summary: 'Print the completion script of a shell.',
  usage: 'bash|zsh|fish',
  options: {},
  async run({ args }, io) {
    const script = shells[args[0] ?? ''];
    if (!script)
      throw new UsageError('completion needs a shell: bash, zsh or fish. For bash: source <(bucle completion bash)');
    io.stdout.write(script(Object.keys(commands), await allFlags()));
    return 0;
  },
});
