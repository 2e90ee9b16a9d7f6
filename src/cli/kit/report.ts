import { PawlAuthError, PawlConnectionError, PawlFault, PawlProblem } from '@pawl/sdk'
import type { Variables } from '../../environment.ts'
import { findServer } from './connect.ts'
import { explainRefusal } from '../../advice/explainRefusal.ts'
import { nameCommand } from './nameCommand.ts'
import { exitCodeOfError, exitCodeOfProblem, UsageError } from './exitCodes.ts'
import type { ExitCode } from './exitCodes.ts'
import type { AddressOptions } from './connect.ts'
import type { Printer } from '../terminal/printer.ts'
import { safeText } from '../terminal/width.ts'

/** What every refusal contains; the message is missing if the type is unknown here. */
export interface Refusal {
  readonly __typename: string
  readonly message?: string
}

/** What is needed to report an error. */
export interface Reporter {
  readonly env: Variables
  readonly options: AddressOptions
  readonly err: Printer
  readonly isJson: boolean
  json(value: unknown): void
}

/** Prints a refusal: its type and message, then details; with `--json` the whole refusal on stdout as well. */
export function reportProblem(reporter: Reporter, problem: Refusal): ExitCode {
  const { message = 'the server refused with a problem that only a newer version of this command knows' } =
    problem
  if (reporter.isJson) reporter.json(problem)
  printError(reporter, problem.__typename, [message, ...explainRefusal(problem, nameCommand)])
  return exitCodeOfProblem(problem)
}

/** Prints an error that a command threw, with hints if there are any. Returns the exit code. */
export function reportError(reporter: Reporter, error: unknown): ExitCode {
  if (error instanceof PawlProblem) return reportProblem(reporter, error.problem)
  const [message = '', ...more] = (error instanceof Error ? error.message : String(error)).split('\n')
  const name = nameOf(error)
  const hints = [...more, ...hintsFor(reporter, error)]
  if (reporter.isJson) reporter.json({ __typename: name, message: [message, ...more].join(' '), hints })
  printError(reporter, name, [message, ...hints])
  if (name === 'Error' && reporter.env['PAWL_DEBUG'] && error instanceof Error) {
    reporter.err.line(error.stack ?? '')
  }
  return exitCodeOfError(error)
}

function printError({ err }: Reporter, name: string, [message = '', ...details]: readonly string[]): void {
  const { red, bold, dim } = err.colors
  err.line(`${red('pawl:')} ${bold(name)}: ${err.ids(safeText(message))}`)
  for (const detail of details) err.line(dim(`  ${err.ids(safeText(detail))}`))
}

function nameOf(error: unknown): string {
  if (error instanceof UsageError) return error.title
  if (error instanceof PawlFault || error instanceof PawlAuthError) return error.code
  if (!(error instanceof PawlConnectionError)) return 'Error'
  return error.status === undefined ? 'NotReached' : 'Unavailable'
}

function hintsFor({ env, options }: Reporter, error: unknown): readonly string[] {
  if (error instanceof PawlConnectionError) {
    const { url, isLocal } = findServer(env, options)
    if (error.status !== undefined)
      return [
        `the server is up but can't answer now; ${new URL('/readyz', url).href} shows whether it is ready`,
      ]
    if (!isLocal) return ['is it running, and is the address right (PAWL_URL, --url)?']
    return [
      isRefused(error)
        ? 'the server is not running; start it with: pawl serve'
        : 'the server does not answer; its log may say why',
    ]
  }
  if (error instanceof PawlAuthError && error.code === 'UNAUTHENTICATED' && env['PAWL_RUN_ID'])
    return ["an agent's token expires with its claim: the run has settled, or its claim was released or lost"]
  if (error instanceof PawlAuthError && error.code === 'UNAUTHENTICATED')
    return [
      'set PAWL_TOKEN to a valid token; an ADMIN creates one with: pawl token create NAME --role OPERATOR',
    ]
  if (error instanceof PawlFault && error.correlationId)
    return [`the server's log has details under ${error.correlationId}`]
  return []
}

/** Whether nothing listens at the address. */
function isRefused({ cause }: Error): boolean {
  for (let inner = cause, depth = 0; inner instanceof Error && depth < 5; inner = inner.cause, depth += 1) {
    if ((inner as NodeJS.ErrnoException).code === 'ECONNREFUSED') return true
  }
  return false
}
