import { PawlAuthError, PawlConnectionError, PawlFault, PawlProblem } from '@pawl/sdk'
import type { Variables } from '../../environment.ts'
import { findServer } from './connect.ts'
import { describeProblem } from './describeProblem.ts'
import { exitCodeOfError, exitCodeOfProblem, UsageError } from './exitCodes.ts'
import type { ExitCode } from './exitCodes.ts'
import type { AddressOptions } from './connect.ts'
import type { Printer } from '../terminal/printer.ts'
import { plain } from '../terminal/width.ts'

/** What every refusal carries; its sentence may be missing where the type is unknown here. */
export interface Refusal {
  readonly __typename: string
  readonly message?: string
}

/** What is needed to tell of a failure. */
export interface Reporter {
  readonly env: Variables
  readonly options: AddressOptions
  readonly err: Printer
  readonly isJson: boolean
  json(value: unknown): void
}

/** Tells a refusal: its name and sentence, then what it carries; for programs the whole refusal as JSON as well. */
export function reportProblem(reporter: Reporter, problem: Refusal): ExitCode {
  const { message = 'the server refused, for a reason that only a newer version of this command knows' } =
    problem
  if (reporter.isJson) reporter.json(problem)
  printError(reporter, problem.__typename, [message, ...describeProblem(problem)])
  return exitCodeOfProblem(problem)
}

/** Tells whatever a command threw, with what to do next where that is known, and returns its exit code. */
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
  err.line(`${red('pawl:')} ${bold(name)}: ${plain(message)}`)
  for (const detail of details) err.line(dim(`  ${plain(detail)}`))
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
        `the server is there, and can't do it now: ${new URL('/readyz', url).href} tells whether it can again`,
      ]
    if (!isLocal) return ['is it running, and is the address right (PAWL_URL, --url)?']
    return [
      isRefused(error)
        ? 'the server that was here has ended; start it again with: pawl serve'
        : 'the server that was here does not answer; its log may tell why',
    ]
  }
  if (error instanceof PawlAuthError && error.code === 'UNAUTHENTICATED' && env['PAWL_RUN_ID'])
    return ["an agent's token ends with its claim: the run has settled, or was released or lost"]
  if (error instanceof PawlAuthError && error.code === 'UNAUTHENTICATED')
    return [
      'set PAWL_TOKEN to a valid token; an ADMIN makes one with: pawl token create NAME --role OPERATOR',
    ]
  if (error instanceof PawlFault && error.correlationId)
    return [`the server's log has it under ${error.correlationId}`]
  return []
}

/** Whether nobody listens at the address any more. */
function isRefused({ cause }: Error): boolean {
  for (let inner = cause, depth = 0; inner instanceof Error && depth < 5; inner = inner.cause, depth += 1) {
    if ((inner as NodeJS.ErrnoException).code === 'ECONNREFUSED') return true
  }
  return false
}
