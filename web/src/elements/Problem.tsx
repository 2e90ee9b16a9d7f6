import { PawlAuthError, PawlConnectionError } from '@pawl/sdk'
import type { Run } from '@pawl/sdk'
import { Badge } from './Badge.tsx'
import { wordOfRun } from './words.ts'

interface ProblemProps {
  /** Why it was refused, by the server's word. */
  readonly problem: { readonly message: string; readonly run?: Run } | undefined
  /** What was thrown instead of an answer. */
  readonly error: unknown
}

/** Why something that a person asked for was not done, and how things stand now. */
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
        <p>{describeError(error)}</p>
      )}
    </div>
  )
}

/** What an error means for who looks at the page. */
export function describeError(error: unknown): string {
  if (error instanceof PawlConnectionError)
    return 'No answer came, so it is not known whether it was done. What you see is what the server last said; try again when it is reached.'
  if (error instanceof PawlAuthError)
    return error.code === 'FORBIDDEN' ? `You may not do this. ${error.message}` : 'You are signed out.'
  return error instanceof Error ? error.message : String(error)
}
