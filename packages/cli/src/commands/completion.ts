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
}

interface CompletedCommand {
  readonly name: string
  readonly about: string
  readonly options: readonly CompletedOption[]
  /** Words that may stand next: subcommands, or the values of an argument. */
  readonly words: readonly string[]
  readonly takesFile: boolean
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

function described(command: Declared): CompletedCommand {
  const shown = command.createHelp().visibleOptions(command)
  return {
    name: command.name(),
    about: command.summary() || command.description(),
    options: shown.map(({ long, description, flags, required, optional }) => ({
      flag: long ?? '',
      about: description,
      ...((required || optional) && { takes: /file>|file\]/.test(flags) ? ('file' as const) : ('value' as const) }),
    })),
    words: [
      ...command.commands.map((each) => each.name()),
      ...command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices),
    ],
    takesFile: command.registeredArguments.some((argument) => /file|json/.test(argument.name())),
  }
}

function bashScript(commands: readonly CompletedCommand[]): string {
  const cases = commands.map(({ name, options, words, takesFile }) => {
    const files = options.filter(({ takes }) => takes === 'file').map(({ flag }) => flag)
    const values = options.filter(({ takes }) => takes === 'value').map(({ flag }) => flag)
    return [
      `    ${name})`,
      ...(files.length > 0
        ? [`      case $prev in ${files.join('|')}) COMPREPLY=($(compgen -f -- "$cur")); return ;; esac`]
        : []),
      ...(values.length > 0 ? [`      case $prev in ${values.join('|')}) return ;; esac`] : []),
      `      words="${[...words, ...options.map(({ flag }) => flag)].join(' ')}"`,
      ...(takesFile ? ['      [[ $cur == -* ]] || { COMPREPLY=($(compgen -f -- "$cur")); return; }'] : []),
      '      ;;',
    ].join('\n')
  })
  return `# bash completion of dynsrv; for this shell: source <(dynsrv completion bash)
_dynsrv() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} words
  if (( COMP_CWORD == 1 )); then
    COMPREPLY=($(compgen -W "${commands.map(({ name }) => name).join(' ')} help --help --version" -- "$cur"))
    return
  fi
  case \${COMP_WORDS[1]} in
    help) words="${commands.map(({ name }) => name).join(' ')}" ;;
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _dynsrv dynsrv
`
}

function zshScript(commands: readonly CompletedCommand[]): string {
  const cases = commands.map(({ name, options, words, takesFile }) => {
    const specs = options.map(({ flag, about, takes }) => {
      const value = takes === undefined ? '' : takes === 'file' ? ':file:_files' : ':value: '
      return `      ${zshQuoted(`*${flag}[${about.replace(/[[\]:]/g, ' ')}]${value}`)} \\`
    })
    const rest =
      words.length > 0 ? `      '*:word:(${words.join(' ')})'` : takesFile ? "      '*:file:_files'" : "      '*: :'"
    return `    ${name}) _arguments \\\n${specs.join('\n')}\n${rest} ;;`
  })
  return `#compdef dynsrv
# zsh completion of dynsrv; for this shell: source <(dynsrv completion zsh)
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
  const lines = commands.flatMap(({ name, about, options, words, takesFile }) => {
    const seen = `-n ${quoted(`__fish_seen_subcommand_from ${name}`)}`
    return [
      `complete -c dynsrv -n __fish_use_subcommand -a ${name} -d ${quoted(about)}`,
      ...options.map(
        ({ flag, about: what, takes }) =>
          `complete -c dynsrv ${seen} -l ${flag.slice(2)}${takes === undefined ? '' : takes === 'file' ? ' -r -F' : ' -x'} -d ${quoted(what)}`,
      ),
      ...words.map((word) => `complete -c dynsrv ${seen} -a ${word}`),
      ...(takesFile ? [`complete -c dynsrv ${seen} -F`] : []),
    ]
  })
  return `# fish completion of dynsrv; for this shell: dynsrv completion fish | source
complete -c dynsrv -f
${lines.join('\n')}
`
}

export const command: Command = {
  summary: 'print the script that completes commands and options in your shell',
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
