import type { Argument, Command, Option } from 'commander'
import { givenVariables } from '../../environment.ts'
import { OUTCOMES, RUN_STATUSES } from '../terminal/words.ts'
import { safeText } from '../terminal/width.ts'
import { listNames, type NameKind } from './listNames.ts'

/** A word that may follow, and what it is. */
export interface Candidate {
  readonly word: string
  readonly about: string
}

/** Arguments that are names, by their own names. */
const NAMED: Readonly<Record<string, NameKind>> = {
  run: 'run',
  workflow: 'workflow',
  phase: 'phase',
  approval: 'approval',
  workspace: 'workspace',
  token: 'token',
}

/** Options whose values are names. */
const NAMED_BY_OPTION: Readonly<Record<string, NameKind>> = {
  '--run': 'run',
  '--parent': 'run',
  '--continues': 'run',
  '--workflow': 'workflow',
  '--phase': 'phase',
}

/** Options whose values are known words. */
const WORDS_OF_OPTION: Readonly<Record<string, readonly string[]>> = {
  '--status': RUN_STATUSES,
  '--outcome': OUTCOMES,
}

/** Prints what may follow the words, the last of which is being typed: one candidate a line, with its description after a tab. */
export async function printCandidates(program: Command, words: readonly string[]): Promise<void> {
  const typed = words.at(-1) ?? ''
  for (const { word, about } of await findCandidates(program, words.slice(0, -1), typed))
    if (word.startsWith(typed)) process.stdout.write(`${word}\t${safeText(about)}\n`)
}

async function findCandidates(
  program: Command,
  before: readonly string[],
  typed: string,
): Promise<readonly Candidate[]> {
  const place = findPlace(program, before)
  if (place === null) return []
  const { command, given, open } = place
  if (open) return valuesOf(open, typed)
  if (typed.startsWith('-')) return optionsOf(command)
  if (command.commands.length > 0)
    return command
      .createHelp()
      .visibleCommands(command)
      .map((each) => ({ word: each.name(), about: each.description() }))
  const argument = command.registeredArguments[given] ?? lastVariadic(command)
  if (!argument) return []
  if (argument.argChoices) return argument.argChoices.map((word) => ({ word, about: '' }))
  const kind = NAMED[argument.name()]
  return kind === undefined ? [] : listNames(kind, { env: givenVariables(), command: command.name(), typed })
}

interface Place {
  readonly command: Command
  /** How many arguments it has got. */
  readonly given: number
  /** The option whose value comes next. */
  readonly open: Option | undefined
}

/** The command that the words lead to, and how far they fill it; null after `--`, where another program's words begin. */
function findPlace(program: Command, words: readonly string[]): Place | null {
  let command = program
  let given = 0
  let open: Option | undefined
  for (const word of words) {
    if (word === '--') return null
    if (open) open = undefined
    else if (word.startsWith('-')) {
      const option = command.options.find(({ long, short }) => word === long || word === short)
      open = option && (option.required || option.optional) ? option : undefined
    } else {
      const child = command.commands.find((each) => each.name() === word)
      if (child) command = child
      else given += 1
    }
  }
  return { command, given, open }
}

async function valuesOf(option: Option, typed: string): Promise<readonly Candidate[]> {
  const long = option.long ?? ''
  const words = option.argChoices ?? WORDS_OF_OPTION[long]
  if (words) return words.map((word) => ({ word: option.argChoices ? word : word.toLowerCase(), about: '' }))
  const kind = NAMED_BY_OPTION[long]
  return kind === undefined ? [] : listNames(kind, { env: givenVariables(), command: '', typed })
}

function optionsOf(command: Command): readonly Candidate[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .map(({ long, short, description }) => ({ word: long ?? short ?? '', about: description }))
}

function lastVariadic(command: Command): Argument | undefined {
  const last = command.registeredArguments.at(-1)
  return last?.variadic ? last : undefined
}
