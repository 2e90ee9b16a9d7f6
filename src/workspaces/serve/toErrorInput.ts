import type { WorkspaceErrorInput } from '@pawl/sdk'
import { WorkspaceError } from '../workspaceError.ts'

/** The most that is told of a failure: characters of its words, and files. */
const MOST = { words: 10_000, files: 2_000 } as const

/** A failure as it is told. What is none of ours is told as a fault, in its own words. */
export function toErrorInput(error: unknown): WorkspaceErrorInput {
  if (error instanceof WorkspaceError) {
    const { code, message, hint, files } = error
    return { code, message: message.slice(0, MOST.words), hint, files: files.slice(0, MOST.files) }
  }
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return { code: 'TIMED_OUT', message: 'It took too long, and was given up', hint: 'Ask again.' }
  const words = error instanceof Error ? error.message : String(error)
  const message = `Something went wrong: ${words}`.slice(0, MOST.words)
  return { code: 'FAULT', message, hint: "See the worker's log, and ask again." }
}
