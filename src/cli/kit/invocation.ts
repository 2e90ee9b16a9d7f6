import type { Command } from 'commander'
import { isSuccess } from '@pawl/sdk'
import type { Pawl, SuccessOf } from '@pawl/sdk'
import { givenVariables } from '../../environment.ts'
import { escapeInvisible } from '../../text/showInvisible.ts'
import { connect, findServer } from './connect.ts'
import type { AddressOptions, ServerAddress } from './connect.ts'
import { EXIT } from './exitCodes.ts'
import type { ExitCode } from './exitCodes.ts'
import { reportError, reportProblem } from './report.ts'
import { createPrinter } from '../terminal/printer.ts'
import type { Printer } from '../terminal/printer.ts'

/** The options that every command takes. */
export interface CommonOptions extends AddressOptions {
  readonly json?: boolean
  readonly quiet?: boolean
}

/** One call of a command: the server, and the printers for its answer and its remarks. */
export class Invocation {
  readonly env = givenVariables()
  /** For the answer. */
  readonly out: Printer
  /** For remarks and errors: which run was chosen, what went wrong. */
  readonly err: Printer
  /** Whether the answer is for a program. */
  readonly isJson: boolean
  readonly options: CommonOptions
  #pawl: Pawl | undefined

  constructor(options: CommonOptions) {
    const surroundings = { env: process.env, argv: process.argv }
    this.options = options
    this.isJson = options.json === true
    this.out = createPrinter(process.stdout, surroundings)
    this.err = createPrinter(process.stderr, surroundings)
  }

  /** The client of the server, created on first use. */
  get pawl(): Pawl {
    this.#pawl ??= connect(this.findServer())
    return this.#pawl
  }

  /** The server that is meant; notes which, where nothing names one. */
  findServer(): ServerAddress {
    const server = findServer(this.env, this.options)
    if (server.chosen !== null) this.note(`server ${server.url} (${server.chosen})`)
    return server
  }

  /** Prints a remark on stderr, unless `--quiet`. */
  note(text: string): void {
    if (!this.options.quiet) this.err.line(this.err.colors.dim(`pawl: ${text}`))
  }

  /** Prints a value as one line of JSON; indented on a terminal. */
  json(value: unknown): void {
    const text = JSON.stringify(value, null, this.out.isTerminal ? 2 : undefined)
    this.out.line(this.out.isTerminal ? escapeInvisible(text) : text)
  }

  /** Prints the answer: as JSON with `--json`, else by `print`. */
  answer(value: unknown, print: (printer: Printer) => void): ExitCode {
    if (this.isJson) this.json(value)
    else print(this.out)
    return EXIT.done
  }

  /** Prints a result of the server: a success by `print`, a refusal by its message. Returns the exit code. */
  answerResult<Result extends { readonly __typename: string }>(
    result: Result,
    print: (success: SuccessOf<Result>, printer: Printer) => void,
  ): ExitCode {
    if (isSuccess(result)) return this.answer(result, (printer) => print(result, printer))
    return reportProblem(this, result)
  }
}

/** What a command does with its options and arguments. Returns the exit code. */
type Work<Options, Args extends readonly unknown[]> = (
  invocation: Invocation,
  options: Options,
  ...args: Args
) => Promise<number>

/**
 * Makes an action for commander. What `work` returns becomes the exit code; an error that it throws is reported, and becomes one, too.
 */
export function createAction<Options extends CommonOptions, Args extends readonly unknown[] = readonly []>(
  work: Work<Options, Args>,
): (this: Command, ...given: unknown[]) => Promise<void> {
  return async function (...given) {
    const options = given.at(-2) as Options
    const invocation = new Invocation(options)
    try {
      process.exitCode = await work(invocation, options, ...(given.slice(0, -2) as unknown as Args))
    } catch (error) {
      process.exitCode = reportError(invocation, error)
    }
  }
}
