import { basename } from 'node:path'
import { DynsrvError } from '@dynsrv/cluster'
import { Argument, type Command as Declared } from 'commander'
import type { Command } from '../command.ts'
import { EXIT_OK } from '../terminal/exit-code.ts'
import { writeText } from '../terminal/output.ts'
import { system } from '../world.ts'

const SHELLS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const

interface CompletedOption {
  readonly flag: string
  readonly about: string
  /** What the option takes, if anything. */
  readonly takes?: 'file' | 'value'
  /** Values that it may have, where they are known. */
  readonly values: readonly string[]
}

interface CompletedCommand {
  readonly name: string
  readonly about: string
  readonly options: readonly CompletedOption[]
  /** Words that may stand next: subcommands, or the values of an argument. */
  readonly words: readonly string[]
  readonly takesFile: boolean
  /** Whether its first argument is the name of a node. */
  readonly takesNode: boolean
}

/**
 * Prints the script that completes commands and options in a shell.
 *
 * @returns the exit code
 * @throws {DynsrvError} `DYNSRV_BAD_OPTION` for a shell that is not known
 */
export async function completion(program: Declared, shell = basename(system.env.SHELL ?? '')): Promise<number> {
  if (!Object.hasOwn(SHELLS, shell)) {
    throw new DynsrvError('DYNSRV_BAD_OPTION', `${shell === '' ? 'no shell is named' : `${shell} is not known`}`, {
      hint: `Give one of ${Object.keys(SHELLS).join(', ')}.`,
    })
  }
  writeText(SHELLS[shell as keyof typeof SHELLS](program.commands.map(described)))
  return EXIT_OK
}

/** What is usual for options that take any value of a kind. */
const VALUES: readonly (readonly [flags: RegExp, values: readonly string[]])[] = [
  [/<time>/, ['500ms', '1s', '5s', '30s', '1m']],
  [/--dns/, ['127.0.0.1:8600', '127.0.0.1:53']],
]

function described(command: Declared): CompletedCommand {
  const shown = command.createHelp().visibleOptions(command)
  return {
    name: command.name(),
    about: command.summary() || command.description(),
    options: shown.map(({ long, description, flags, required, optional, argChoices }) => ({
      flag: long ?? '',
      about: description,
      values: argChoices ?? VALUES.find(([pattern]) => pattern.test(flags))?.[1] ?? [],
      ...((required || optional) && { takes: /file>|file\]/.test(flags) ? ('file' as const) : ('value' as const) }),
    })),
    words: [
      ...command.commands.map((each) => each.name()),
      ...command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices),
    ],
    takesFile: command.registeredArguments.some((argument) => /file|json/.test(argument.name())),
    takesNode: command.registeredArguments[0]?.name() === 'node',
  }
}

function bashScript(commands: readonly CompletedCommand[]): string {
  const cases = commands.map(({ name, options, words, takesFile, takesNode }) => {
    const files = options.filter(({ takes }) => takes === 'file').map(({ flag }) => flag)
    const taking = options.filter(({ takes }) => takes === 'value')
    return [
      `    ${name})`,
      ...(files.length > 0
        ? [`      case $prev in ${files.join('|')}) COMPREPLY=($(compgen -f -- "$cur")); return ;; esac`]
        : []),
      ...(taking.length > 0
        ? [
            '      case $prev in',
            ...taking.map(({ flag, values }) =>
              values.length === 0
                ? `        ${flag}) return ;;`
                : `        ${flag}) _dynsrv_offer "${values.join(' ')}"; return ;;`,
            ),
            '      esac',
          ]
        : []),
      ...(takesNode ? ['      [[ $cur == -* ]] || { _dynsrv_offer "$(_dynsrv_nodes)"; return; }'] : []),
      `      words="${[...words, ...options.map(({ flag }) => flag)].join(' ')}"`,
      ...(takesFile ? ['      [[ $cur == -* ]] || { COMPREPLY=($(compgen -f -- "$cur")); return; }'] : []),
      '      ;;',
    ].join('\n')
  })
  return `# bash completion of dynsrv; for this shell: source <(dynsrv completion bash)
# The nodes of the service that the line or the configuration names.
_dynsrv_nodes() {
  local given=() at
  for (( at = 2; at < \${#line[@]} - 1; at++ )); do
    case \${line[at]} in --service|--dns|--config|--port-name) given+=("\${line[at]}" "\${line[at+1]}") ;; esac
  done
  if [[ $cur == *@?* && " \${given[*]} " != *" --service "* ]]; then given+=(--service "\${cur#*@}"); fi
  dynsrv names --plain --timeout 1s "\${given[@]}" 2>/dev/null | while read -r node port; do
    # Compgen would run what a name says, and who writes records chooses names.
    [[ $node =~ ^[A-Za-z0-9_.@-]+$ && $node == *@* && $port == [0-9]* ]] && printf '%s\\n' "$node"
  done
}
# Bash takes @ and : for ends of a word; what stands before the last of them is typed already.
_dynsrv_offer() {
  local typed=\${cur%"\${cur##*[@:]}"} at
  [[ $COMP_WORDBREAKS == *[@:]* ]] || typed=
  COMPREPLY=($(compgen -W "$1" -- "$cur"))
  for at in "\${!COMPREPLY[@]}"; do COMPREPLY[at]=\${COMPREPLY[at]#"$typed"}; done
}
_dynsrv() {
  local before=\${COMP_LINE:0:COMP_POINT} line words
  read -ra line <<< "$before"
  [[ $before == *" " ]] && line+=("")
  local cur=\${line[\${#line[@]}-1]} prev=\${line[\${#line[@]}-2]}
  if (( \${#line[@]} == 2 )); then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(' ')} help --help --version" -- "$cur"))
    return
  fi
  case \${line[1]} in
    help) words="${commands.map(({ name }) => name).join(' ')}" ;;
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _dynsrv dynsrv
`
}

function zshScript(commands: readonly CompletedCommand[]): string {
  const cases = commands.map(({ name, options, words, takesFile, takesNode }) => {
    const specs = options.map(({ flag, about, takes, values }) => {
      // A colon ends what stands before it.
      const offered = values.length === 0 ? ' ' : `(${values.join(' ').replaceAll(':', '\\:')})`
      const value = takes === undefined ? '' : takes === 'file' ? ':file:_files' : `:value:${offered}`
      return `      ${zshQuoted(`*${flag}[${about.replace(/[[\]:]/g, ' ')}]${value}`)} \\`
    })
    const rest = takesNode
      ? "      '1:node:_dynsrv_nodes' '*: :'"
      : words.length > 0
        ? `      '*:word:(${words.join(' ')})'`
        : takesFile
          ? "      '*:file:_files'"
          : "      '*: :'"
    return `    ${name}) _arguments \\\n${specs.join('\n')}\n${rest} ;;`
  })
  return `#compdef dynsrv
# zsh completion of dynsrv; for this shell: source <(dynsrv completion zsh)
# The nodes of the service that the line or the configuration names.
_dynsrv_nodes() {
  local -a given nodes
  local at
  for (( at = 2; at < $#words; at++ )); do
    case $words[at] in --service|--dns|--config|--port-name) given+=("$words[at]" "$words[at+1]") ;; esac
  done
  if [[ $PREFIX == *@?* && " $given " != *" --service "* ]]; then given+=(--service "\${PREFIX#*@}"); fi
  nodes=(\${(f)"$(dynsrv names --plain --timeout 1s $given 2>/dev/null)"})
  nodes=(\${\${(M)nodes:#*@*}%% *})
  compadd -a nodes
}
_dynsrv() {
  local -a commands
  commands=(
${commands.map(({ name, about }) => `    ${zshQuoted(`${name}:${about.replaceAll(':', ' ')}`)}`).join('\n')}
  )
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
    help) _describe command commands ;;
${cases.join('\n')}
  esac
}
compdef _dynsrv dynsrv
`
}

function zshQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

function fishScript(commands: readonly CompletedCommand[]): string {
  const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  const lines = commands.flatMap(({ name, about, options, words, takesFile, takesNode }) => {
    const seen = `-n ${quoted(`__fish_seen_subcommand_from ${name}`)}`
    return [
      `complete -c dynsrv -n __fish_use_subcommand -a ${name} -d ${quoted(about)}`,
      ...options.map(
        ({ flag, about: what, takes, values }) =>
          `complete -c dynsrv ${seen} -l ${flag.slice(2)}${takes === undefined ? '' : takes === 'file' ? ' -r -F' : ' -x'}${values.length === 0 ? '' : ` -a ${quoted(values.join(' '))}`} -d ${quoted(what)}`,
      ),
      ...words.map((word) => `complete -c dynsrv ${seen} -a ${word}`),
      ...(takesFile ? [`complete -c dynsrv ${seen} -F`] : []),
      ...(takesNode ? [`complete -c dynsrv ${seen} -a '(__dynsrv_nodes)'`] : []),
    ]
  })
  return `# fish completion of dynsrv; for this shell: dynsrv completion fish | source
# The nodes of the service that the line or the configuration names.
function __dynsrv_nodes
  set -l words (commandline -opc)
  set -l given
  for at in (seq 3 (math (count $words) - 1))
    contains -- $words[$at] --service --dns --config --port-name; and set -a given $words[$at] $words[(math $at + 1)]
  end
  set -l typed (commandline -ct)
  if string match -q '*@?*' -- $typed; and not contains -- --service $given
    set -a given --service (string replace -r '^[^@]*@' '' -- $typed)
  end
  dynsrv names --plain --timeout 1s $given 2>/dev/null | string match -r '^\\S+@\\S+(?=\\s+\\d)'
end
complete -c dynsrv -f
${lines.join('\n')}
`
}

export const command: Command = {
  summary: 'print the script that completes commands and options in your shell',
  group: 'Help on this machine',
  place: 20,
  declare: (declared, { runs, whole }) =>
    declared
      .description('Prints the script that completes commands and options in bash, zsh or fish.')
      .addArgument(new Argument('[shell]', 'which shell; default: that of SHELL').choices(Object.keys(SHELLS)))
      .addHelpText('after', HELP)
      .action(runs(async (_options, shell?: string) => completion(await whole(), shell))),
}

const HELP = `
Examples:
  $ source <(dynsrv completion bash)      # in ~/.bashrc; zsh in ~/.zshrc
  $ dynsrv completion fish | source       # in ~/.config/fish/config.fish

Exit codes: 0 printed, 2 the shell is not known.
`
