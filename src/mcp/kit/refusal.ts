import { PawlAuthError, PawlConnectionError, PawlFault } from '@pawl/sdk'
import type { Run } from '@pawl/sdk'
import { explainRefusal } from '../../advice/explainRefusal.ts'
import type { AnyProblem } from '../../advice/problems.ts'
import type { NameStep } from '../../advice/step.ts'
import type { Problem } from './answer.ts'
import type { Refusal } from './answerSchema.ts'

/** What to do about a refusal, where its own fields do not say it. */
const REACTIONS: { readonly [Name in AnyProblem['__typename']]?: string } = {
  LeaseLost:
    'Stop working on this run: it has another owner now or is over, and nothing that you report for it counts any more.',
  RunNotActive: 'Look at the state: the run waits for a person, or it is over and you stop working.',
  NotCompletable: 'Do what is missing first.',
  IllegalTransition: 'Read the state of the run, and continue from there.',
  UnknownPhase: 'Name a phase of the workflow.',
  InvalidInput: 'Correct the arguments, and call again.',
  RevisionConflict: 'Look at the run again before you decide.',
  NotFound: 'Check the id: nothing has it, or this token may not see it.',
  StaleDigest: 'Look at the approval again, and decide on what it shows now.',
  IdempotencyMismatch: 'Use another idempotency key for another request.',
}

/** A server's refusal, for a tool's answer. */
export function describeRefusal(problem: Problem, name: NameStep): Refusal {
  const {
    __typename: type,
    message = 'the server refused with a problem of a newer version',
    ...fields
  } = problem
  const reaction = Object.hasOwn(REACTIONS, type) ? REACTIONS[type as AnyProblem['__typename']] : undefined
  const advice = [...explainRefusal(problem, name), ...(reaction === undefined ? [] : [reaction])]
  return { ...shorten(fields), type, message, advice }
}

/**
 * A fault, for a tool's answer: the agent can't do anything with an exception. Null for an error that is none of the SDK's, which tells
 * of a mistake of Pawl's.
 */
export function describeFault(error: unknown): Refusal | null {
  if (error instanceof PawlAuthError && error.code === 'UNAUTHENTICATED')
    return fault(error.code, error.message, [
      'Stop working on this run: the token is not valid any more. That of an agent ends with its claim.',
    ])
  if (error instanceof PawlAuthError) return fault(error.code, error.message, [])
  if (error instanceof PawlConnectionError)
    return fault('UNREACHABLE', error.message, [
      'Call again later, after looking at the state: it may have been done all the same.',
    ])
  if (error instanceof PawlFault)
    return fault(error.code, error.message, error.code === 'CONTENDED' ? ['Call again in a moment.'] : [])
  return null
}

/** A refusal of Pawl's own, for what no server was asked. */
export function fault(type: string, message: string, advice: string[]): Refusal {
  return { type, message, advice }
}

/** Runs as far as they matter in a refusal: a model reads all of it. */
function shorten(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => {
      if (isRun(value)) return [key, briefRun(value)]
      return [key, Array.isArray(value) ? value.map((each) => (isRun(each) ? briefRun(each) : each)) : value]
    }),
  )
}

function isRun(value: unknown): value is Run {
  return (value as { readonly __typename?: unknown } | null)?.__typename === 'Run'
}

function briefRun({ id, title, status, reason, revision, nextAction, currentPhase }: Run) {
  return { id, title, status, reason, revision, nextAction, phase: currentPhase?.key ?? null }
}
