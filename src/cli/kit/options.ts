import { readFileSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import type { AddHelpTextContext } from 'commander'
import type { JsonValue } from '@pawl/sdk'
import { composeText } from '../../text/composeText.ts'
import { decodeText } from '../../text/decodeText.ts'
import { objectToJson } from '../../text/objectToJson.ts'
import { EXIT, UsageError } from './exitCodes.ts'
import { safeText } from '../terminal/width.ts'

/** A command that talks to the server: with the common options, and examples below its help. */
export function createCommand(name: string, description: string, examples: readonly string[]): Command {
  const command = new Command(name)
    .description(description)
    .optionsGroup('Options for every command:')
    .option('--json', 'print JSON')
    .option('-q, --quiet', 'no remarks on stderr; errors are still printed')
    .option(
      '--url <url>',
      'address of the server (default: PAWL_URL, else that of the data directory, else as pawl login --help says)',
    )
    .option('--data <dir>', 'data directory of a server on this machine (default: PAWL_DATA, else .pawl)')
    .option('--no-color', 'no colours')
    .optionsGroup('Options:')
  return withExamples(command, examples)
}

/** Shows examples below a command's help. */
export function withExamples(command: Command, examples: readonly string[]): Command {
  if (examples.length === 0) return command
  return command.addHelpText('after', (context) => {
    const width = helpWidth(context)
    return `\nExamples:\n${examples.map((example) => exampleLines(example, width)).join('\n')}`
  })
}

/** An example with its comment behind it, or before it where both are wider than the terminal. */
function exampleLines(example: string, width: number): string {
  const line = `  $ ${example}`
  const [, words, comment] = / *(.*?) {2,}(# .*)$/.exec(example) ?? []
  return line.length <= width || comment === undefined ? line : `  ${comment}\n  $ ${words}`
}

/** A text for below a command's help: its paragraphs are wrapped to the terminal's width, indented lines stay as they are. */
export function explanation(text: string): (context: AddHelpTextContext) => string {
  const paragraphs = text.trim().replace(/(?<=\S)\n(?=\S)/g, ' ')
  return (context) => context.command.createHelp().boxWrap(`\n${paragraphs}`, helpWidth(context))
}

function helpWidth({ command, error }: AddHelpTextContext): number {
  const { getOutHelpWidth, getErrHelpWidth } = command.configureOutput()
  return (error ? getErrHelpWidth : getOutHelpWidth)?.() ?? 80
}

/** A group of commands. */
export function createGroup(name: string, description: string, commands: readonly Command[]): Command {
  const group = new Command(name).description(description)
  for (const command of commands) group.addCommand(command)
  return group
}

/** Which run is meant where none is named. */
export const DEFAULT_RUN = ' (default: PAWL_EXECUTION_ID, PAWL_RUN_ID, else the only active run)'

/** The run as an argument. */
export const runArgument = () => new Argument('[run]', `id of the run, or the end of it${DEFAULT_RUN}`)

/** `--run`, for commands that don't take the run as an argument. */
export const runOption = () =>
  new Option(
    '--run <id>',
    'the run, by its id or the end of it (default: PAWL_EXECUTION_ID, PAWL_RUN_ID, else the only active run)',
  )

/** `--fence`, for what only the run's owner may do. */
export const fenceOption = () =>
  new Option('--fence <number>', "the claim's fence; an agent token carries its own").argParser(parseCount)

/** `--idempotency-key`, for everything that changes a run. */
export const keyOption = () =>
  new Option(
    '--idempotency-key <key>',
    'a repeated request with the same key and input is executed only once',
  )

/** `--if-revision`, for commands that are refused if the run has changed since. */
export const revisionOption = () =>
  new Option('--if-revision <number>', 'refuse unless the run is at this revision').argParser(parseCount)

/** A whole number of at least 0. */
export function parseCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}

/** Collects the values of an option that may be repeated or given a comma-separated list. */
export function collect(text: string, before: readonly string[] | undefined): readonly string[] {
  return [
    ...(before ?? []),
    ...text
      .split(',')
      .map((word) => word.trim())
      .filter(Boolean),
  ]
}

/** Parses an enum value in any case: `incomplete` for INCOMPLETE. */
export function parseWord<Word extends string>(words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const meant = text.trim().toUpperCase().replaceAll('-', '_')
    const word = words.find((known) => known === meant)
    if (word === undefined) throw new InvalidArgumentError(`It must be one of ${words.join(', ')}.`)
    return word
  }
}

/** As `collect`, for enum values. */
export function collectWords<Word extends string>(words: readonly Word[]) {
  const parse = parseWord(words)
  return (text: string, before: readonly Word[] | undefined): Word[] => [
    ...(before ?? []),
    ...collect(text, undefined).map(parse),
  ]
}

const UNITS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const

/** A duration in seconds: `90`, `90s`, `5m`, `12h`, `30d`. */
export function parseSeconds(text: string): number {
  const match = /^(\d{1,9})([smhd]?)$/.exec(text)
  if (!match) throw new InvalidArgumentError('It must be a number of seconds, or like 5m, 12h, 30d.')
  return Number(match[1]) * UNITS[(match[2] || 's') as keyof typeof UNITS]
}

/** An option that takes a duration; its default, in seconds, is shown with its unit. */
export function timeOption(flags: string, description: string, seconds?: number): Option {
  const option = new Option(flags, description).argParser(parseSeconds)
  return seconds === undefined ? option : option.default(seconds, `${seconds}s`)
}

/** A time: in RFC 3339, or a duration from now by this machine's clock, as `20m`. */
export function parseMoment(text: string): string {
  const from = /^\d{1,9}[smhd]?$/.test(text) ? Date.now() + parseSeconds(text) * 1_000 : Date.parse(text)
  if (Number.isNaN(from) || !/^\d/.test(text))
    throw new InvalidArgumentError('It must be like 2026-01-31T12:00:00Z, or a time from now like 5m, 12h.')
  return new Date(from).toISOString()
}

/** Text given literally, as `@file`, or as `-` for standard input. */
export function readText(given: string): string {
  if (given !== '-' && !given.startsWith('@')) return given
  const source = given === '-' ? 0 : given.slice(1)
  try {
    return decodeText(readFileSync(source))
  } catch (error) {
    throw new UsageError(`${given} could not be read: ${(error as Error).message}`, EXIT.invalid)
  }
}

/** JSON given literally, as `@file`, or as `-` for standard input. */
export function readJson(given: string | undefined, option: string): JsonValue | undefined {
  if (given === undefined) return undefined
  try {
    return checkExact(JSON.parse(readText(given)), option)
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`${option} is not JSON: ${(error as Error).message}`, EXIT.invalid)
  }
}

/**
 * The value, if it can be sent and stored exactly as JSON.
 *
 * @throws UsageError with the path of the part that can't
 */
export function checkExact(value: unknown, of: string): JsonValue {
  const found = objectToJson(value)
  if (!found) return value as JsonValue
  const where = found.path.map((key) => safeText(composeText(key, { max: 200 }))).join('.')
  throw new UsageError(`${of}${where === '' ? '' : `: ${where}`} ${found.message}`, EXIT.invalid)
}

/** The default owner: user and machine. */
export function defaultOwner(): string {
  return `${userName()}@${hostname()}`
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    // In containers, a user id may have no entry in the user database.
    return `uid-${process.getuid?.() ?? 'unknown'}`
  }
}
