import { ACTIONS, FORMATS } from "./arguments.ts";
import { UsageError } from "./cli-errors.ts";
import { type CommandName, OPTIONS_OF, takesValue } from "./command-options.ts";
import { didYouMean } from "./suggest.ts";

const COMMANDS = Object.keys(OPTIONS_OF) as CommandName[];
const WORDS = [...COMMANDS, "help", "completion"];

/** Options with few values. All other values may be files. */
const VALUES: Readonly<Record<string, readonly string[]>> = { format: FORMATS, action: ACTIONS };

/** The script that makes a shell complete commands and options. */
const SCRIPTS: Readonly<Record<string, () => string>> = { bash, zsh, fish };
const SHELLS = Object.keys(SCRIPTS);

export function completionScript(shell: string | undefined): string {
  if (shell !== undefined && Object.hasOwn(SCRIPTS, shell)) return SCRIPTS[shell]!();
  const given = shell === undefined ? "none" : `${JSON.stringify(shell)}${didYouMean(shell, SHELLS)}`;
  throw new UsageError(`completion needs a shell, ${SHELLS.join(" or ")}, got ${given}`);
}

function optionsOf(command: CommandName): string {
  return OPTIONS_OF[command].map((name) => `--${name}`).join(" ");
}

function bash(): string {
  const values = Object.entries(VALUES).map(
    ([name, words]) => `    --${name}) COMPREPLY=($(compgen -W "${words.join(" ")}" -- "$word")); return ;;`,
  );
  const cases = COMMANDS.map((command) => `    ${command}) options="${optionsOf(command)}" ;;`);
  return `# To use it: source <(batch-audiences completion bash)
_batch_audiences() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" options=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${WORDS.join(" ")}" -- "$word"))
    return
  fi
  case "$before" in
${values.join("\n")}
  esac
  case "\${COMP_WORDS[1]}" in
    completion) COMPREPLY=($(compgen -W "${SHELLS.join(" ")}" -- "$word")); return ;;
    help) COMPREPLY=($(compgen -W "${COMMANDS.join(" ")}" -- "$word")); return ;;
${cases.join("\n")}
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$options" -- "$word")) ;;
    *) COMPREPLY=($(compgen -f -- "$word")) ;;
  esac
}
complete -o filenames -F _batch_audiences batch-audiences
`;
}

function zsh(): string {
  const values = Object.entries(VALUES).map(
    ([name, words]) => `    --${name}) compadd -- ${words.join(" ")}; return ;;`,
  );
  const cases = COMMANDS.map((command) => `    ${command}) compadd -- ${optionsOf(command)} ;;`);
  return `#compdef batch-audiences
# To use it: source <(batch-audiences completion zsh), after compinit
_batch_audiences() {
  if (( CURRENT == 2 )); then
    compadd -- ${WORDS.join(" ")}
    return
  fi
  case "\${words[CURRENT-1]}" in
${values.join("\n")}
  esac
  case "\${words[2]}" in
    completion) compadd -- ${SHELLS.join(" ")}; return ;;
    help) compadd -- ${COMMANDS.join(" ")}; return ;;
  esac
  if [[ "$PREFIX" != -* ]]; then
    _files
    return
  fi
  case "\${words[2]}" in
${cases.join("\n")}
  esac
}
compdef _batch_audiences batch-audiences
`;
}

function fish(): string {
  const first = `complete -c batch-audiences -n "__fish_is_nth_token 1" -f -a "${WORDS.join(" ")}"`;
  const seen = (word: string) => `complete -c batch-audiences -n "__fish_seen_subcommand_from ${word}"`;
  const options = COMMANDS.flatMap((command) =>
    OPTIONS_OF[command].map((name) => `${seen(command)} -l ${name}${valueInFish(name)}`),
  );
  return `# To use it: batch-audiences completion fish | source
${first}
${seen("completion")} -f -a "${SHELLS.join(" ")}"
${seen("help")} -f -a "${COMMANDS.join(" ")}"
${options.join("\n")}
`;
}

function valueInFish(name: string): string {
  const values = VALUES[name];
  if (values !== undefined) return ` -x -a "${values.join(" ")}"`;
  return takesValue(name) ? " -r" : "";
}
