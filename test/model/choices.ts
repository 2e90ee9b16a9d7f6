import * as fc from 'fast-check'

/** Who acts. `agent` is the agent of the run's last claim. */
export type Actor = 'operator' | 'worker' | 'admin' | 'viewer' | 'agent'

/** Which idempotency key a command has: none, a new one, or one of a few, so that keys are reused with other inputs. */
export type KeyChoice = 'none' | 'fresh' | number

/** The choices common to all actions about one run. */
export interface About {
  /** Which of the runs started so far, counted round. */
  readonly run: number
  /** Whether to prefer a run that the action makes sense for. */
  readonly fit: boolean
  readonly by: Actor
  readonly key: KeyChoice
}
/** Which fence a driving command carries: that of the last claim, the one before, the next one, or none. */
export type FenceChoice = 'last' | 'older' | 'newer' | 'none'
export interface Driving extends About {
  readonly fence: FenceChoice
}
/** Which `ifRevision` a command has: that of the row, an older one, or none. */
export type RevisionChoice = 'seen' | 'older' | 'any'
export interface Conditional extends About {
  readonly revision: RevisionChoice
}
/** Which phase is named: one that makes sense, one by its number (possibly unknown to the workflow), or none. */
export type PhaseChoice = 'fit' | 'none' | number
export interface Claiming {
  readonly owner: string
  readonly leaseSeconds: number
}

/** Whether an owner announces that it knows questions in the middle of a turn; others are of an older version. */
export const knowsQuestions = (owner: string) => owner === 'ann'

/** The input of a claim. */
export const toClaimInput = <C extends Claiming>(claim: C) => ({
  ...claim,
  kinds: knowsQuestions(claim.owner) ? (['PERMISSION', 'QUESTION'] as const) : null,
})

/** Chooses one of the weighted values. */
export function often<T>(...weighted: readonly (readonly [number, T])[]): fc.Arbitrary<T> {
  return fc.oneof(...weighted.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })))
}

/** An action of a kind, with its fields chosen independently. */
export const of = <A extends { readonly kind: string }>(
  kind: A['kind'],
  fields: { readonly [F in Exclude<keyof A, 'kind'>]?: fc.Arbitrary<unknown> },
): fc.Arbitrary<A> => fc.record({ kind: fc.constant(kind), ...fields }) as unknown as fc.Arbitrary<A>

const fence = often<FenceChoice>([40, 'last'], [1, 'older'], [1, 'newer'], [1, 'none'])

/** The choices of every action about a run. */
export const about = {
  run: fc.nat(3),
  fit: often([30, true], [1, false]),
  by: often<Actor>([30, 'admin'], [5, 'worker'], [3, 'operator'], [5, 'agent'], [1, 'viewer']),
  key: often<KeyChoice>([5, 'none'], [4, 'fresh'], [1, 0], [1, 1]),
} as const

/** The choices of every driving action. */
export const driving = { ...about, fence } as const
