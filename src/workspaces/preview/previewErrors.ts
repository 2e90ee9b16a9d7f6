import type { Ending } from '../../processes/launch.ts'
import { WorkspaceError } from '../kit/workspaceError.ts'

/** Its command can't be found, or not be executed. */
export function notStartable(message: string): WorkspaceError {
  return new WorkspaceError('FATAL', {
    code: 'PREVIEW_NOT_STARTABLE',
    message: `The preview can not be started: ${message}`,
    hint: "Put the command right in the worker's configuration, under workspace.previews.",
  })
}

/** It listens at a place of its own choice, and somebody else does so already. */
export function portTaken(url: string): WorkspaceError {
  return new WorkspaceError('RECOVERABLE', {
    code: 'PREVIEW_PORT_TAKEN',
    message: `Something else answers at ${url} already`,
    hint: 'Stop that, or let the preview listen at the port that PORT names, and {port} in its url.',
  })
}

/** It ended by itself. */
export function ended({ exitCode, signal }: Ending, log: string): WorkspaceError {
  return new WorkspaceError('RECOVERABLE', {
    code: 'PREVIEW_ENDED',
    message: withLog(`The preview ended by itself, with ${exitCode ?? signal ?? 'an unknown code'}`, log),
    hint: 'See what it says, and start it again.',
  })
}

/** It does not answer. */
export function notReady(seconds: number, log: string): WorkspaceError {
  return new WorkspaceError('RECOVERABLE', {
    code: 'PREVIEW_NOT_READY',
    message: withLog(`The preview did not answer within ${seconds} s`, log),
    hint: 'Let it listen on the port that PORT names; readySeconds gives it more time.',
  })
}

/** What went wrong when it was looked after. */
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
