import type { Ending } from '../../processes/launch.ts'
import { WorkspaceError } from '../kit/workspaceError.ts'

/** The error for a command that can't be found or executed. */
export function notStartable(message: string): WorkspaceError {
  return new WorkspaceError('FATAL', {
    code: 'PREVIEW_NOT_STARTABLE',
    message: `The preview can not be started: ${message}`,
    hint: "Put the command right in the worker's configuration, under workspace.previews.",
  })
}

/** The error for a fixed address that another program already listens at. */
export function portTaken(url: string): WorkspaceError {
  return new WorkspaceError('RECOVERABLE', {
    code: 'PREVIEW_PORT_TAKEN',
    message: `Something else answers at ${url} already`,
    hint: 'Stop that, or let the preview listen at the port that PORT names, and {port} in its url.',
  })
}

/** The error for a preview that exited without being stopped. */
export function ended({ exitCode, signal }: Ending, log: string): WorkspaceError {
  return new WorkspaceError('RECOVERABLE', {
    code: 'PREVIEW_ENDED',
    message: withLog(`The preview ended by itself, with ${exitCode ?? signal ?? 'an unknown code'}`, log),
    hint: 'See what it says, and start it again.',
  })
}

/** The error for a preview that did not accept connections in time. */
export function notReady(seconds: number, log: string): WorkspaceError {
  return new WorkspaceError('RECOVERABLE', {
    code: 'PREVIEW_NOT_READY',
    message: withLog(`The preview did not answer within ${seconds} s`, log),
    hint: 'Let it listen on the port that PORT names; readySeconds gives it more time.',
  })
}

/** Converts an error from watching a preview; a WorkspaceError is returned unchanged. */
export function asTrouble(cause: unknown): WorkspaceError {
  if (cause instanceof WorkspaceError) return cause
  return new WorkspaceError('RECOVERABLE', {
    code: 'PREVIEW_LOST',
    message: `The preview could not be looked after: ${cause instanceof Error ? cause.message : String(cause)}`,
    hint: 'Start it again.',
    cause,
  })
}

function withLog(message: string, log: string): string {
  return log.trim() === '' ? `${message}, and said nothing.` : `${message}. It said last:\n${log.trim()}`
}
