import type { WorkspaceErrorInput } from '@pawl/sdk'
import { composeText } from '../../text/composeText.ts'
import { WorkspaceError } from '../kit/workspaceError.ts'

/** The limits of an error report: UTF-16 units of a message and of a path, and the number of files. */
const MAX = { words: 10_000, path: 4_096, files: 2_000 } as const

/**
 * Converts an error to its report. An error that is neither a WorkspaceError nor a timeout is reported as `FAULT`,
 * with its message.
 */
export function toErrorInput(error: unknown): WorkspaceErrorInput {
  if (error instanceof WorkspaceError) {
    const { code, message, hint, files } = error
    const paths = files.slice(0, MAX.files).map((path) => composeText(path, { max: MAX.path }))
    return { code, message, hint, files: paths }
  }
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return { code: 'TIMED_OUT', message: 'It took too long, and was given up', hint: 'Ask again.' }
  const words = error instanceof Error ? error.message : String(error)
  const message = composeText(`Something went wrong: ${words}`, { max: MAX.words })
  return { code: 'FAULT', message, hint: "See the worker's log, and ask again." }
}
