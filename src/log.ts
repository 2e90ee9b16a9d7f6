import { type DestinationStream, pino, type Logger } from 'pino'
import { composeText } from './text/composeText.ts'
import { escapeInvisible } from './text/showInvisible.ts'

/** The structured log. Lines are named `{domain}.{action}_{state}`; a reason is a field, never part of the name. */
export type Log = Logger

/** How a log is made. */
export interface LogOptions {
  /** Default: `info`. */
  readonly level?: string
  /** Default: stderr, so that stdout stays with what a command answers. */
  readonly destination?: DestinationStream
}

/** Opens the log: one JSON object a line. */
export function createLog({ level = 'info', destination }: LogOptions = {}): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError },
      hooks: { streamWrite: escapeInvisible },
    },
    destination ?? openStderr(),
  )
}

/** How much is kept of a log that can't be written for now, in characters; what comes after that is lost. */
const MAX_KEPT = 1_000_000

/** If nobody reads the log or its disk is full, log lines are lost and the work continues. */
function openStderr(): DestinationStream {
  const destination = pino.destination({ dest: 2, sync: true, maxLength: MAX_KEPT })
  destination.on('error', () => undefined)
  return destination
}

/** Tokens of every kind, wherever in a message they stand. */
const SECRETS = /pawl_[A-Za-z0-9_-]{16,}|(?<=:\/\/[^\s:/@]*:)[^\s@/]+(?=@)/g
/** The most of a message, in UTF-16 units. */
const MAX_LENGTH = 500

/**
 * What the log contains of an error: kind, code, message, where it was thrown. Not the other fields: those of a database's
 * error quote the values of a row, which may be anybody's prompt.
 */
export function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { message: hideSecrets(String(error)) }
  const { code, constraint } = error as { code?: unknown; constraint?: unknown }
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? []
  return {
    type: error.name,
    message: hideSecrets(error.message),
    ...(typeof code === 'string' && { code }),
    ...(typeof constraint === 'string' && { constraint }),
    stack: frames.join('\n'),
    ...(error.cause instanceof Error && { cause: describeError(error.cause) }),
    // a crowd of failures mostly has one reason
    ...(error instanceof AggregateError && { first: describeError(error.errors[0]) }),
  }
}

function hideSecrets(message: string): string {
  return composeText(message.replace(SECRETS, '[hidden]'), { max: MAX_LENGTH })
}
