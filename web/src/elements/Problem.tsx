import { PawlAuthError, PawlConnectionError } from '@pawl/sdk'
import type { Run } from '@pawl/sdk'
import { Badge } from './Badge.tsx'
import { wordOfRun } from './words.ts'

interface ProblemProps {
  /** The server's refusal. */
  readonly problem: { readonly message: string; readonly run?: Run } | undefined
  /** The error that was thrown. */
  readonly error: unknown
}

/** Why an action was refused or failed, and the present state. */
export function Problem({ problem, error }: ProblemProps) {
  if (!problem && error === undefined) return null
  return (
    <div className="refusal" role="alert">
      {problem ? (
        <p>
          <strong>Not done.</strong> {problem.message}
          {problem.run && (
            <>
              {' '}
              It is now <Badge word={wordOfRun(problem.run.status, problem.run.outcome)} />
            </>
          )}
        </p>
      ) : (
        <p>
          {error instanceof PawlConnectionError
            ? 'No answer came, so it is not known whether it was done. What you see is what the server last said; try again when it is reached.'
            : describeError(error)}
        </p>
      )}
    </div>
  )
}

/** Describes an error of reading to the viewer. */
export function describeError(error: unknown): string {
  if (error instanceof PawlConnectionError)
    return 'The server can’t be reached. What you see is what it last said.'
  if (error instanceof PawlAuthError)
    return error.code === 'FORBIDDEN' ? `You may not do this. ${error.message}` : 'You are signed out.'
  return error instanceof Error ? error.message : String(error)
}
