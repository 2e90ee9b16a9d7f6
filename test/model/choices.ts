import * as fc from 'fast-check'

/** Who acts. `agent` is the agent of the run's last claim. */
export type Actor = 'operator' | 'worker' | 'admin' | 'viewer' | 'agent'

/** Which idempotency key comes along: none, a new one, or one of few, so that keys meet other inputs. */
export type KeyChoice = 'none' | 'fresh' | number

/** What every action about one run comes with. */
export interface About {
  /** Which of the runs started so far, counted round. */
  readonly run: number
  /** Whether a run is preferred that the action makes sense for. */
  readonly fit: boolean
  readonly by: Actor
  readonly key: KeyChoice
}
/** Which fence a driving command gives: that of the last claim, the one before, the next one, or none. */
export type FenceChoice = 'last' | 'older' | 'newer' | 'none'
export interface Driving extends About {
  readonly fence: FenceChoice
}
/** Which revision a command insists on: that of the row, an older one, or none. */
export type RevisionChoice = 'seen' | 'older' | 'any'
export interface Conditional extends About {
  readonly revision: RevisionChoice
}
/** Which phase is named: one that makes sense, one of the workflow or of none by its number, or no phase at all. */
export type PhaseChoice = 'fit' | 'none' | number
export interface Claiming {
  readonly owner: string
  readonly leaseSeconds: number
}

/** Chooses one of those named, each as often as it is weighted. */
export function often<T>(...weighted: readonly (readonly [number, T])[]): fc.Arbitrary<T> {
  return fc.oneof(...weighted.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })))
}

/** An action of a kind, its fields chosen each by itself. */
export const of = <A extends { readonly kind: string }>(
  kind: A['kind'],
  fields: { readonly [F in Exclude<keyof A, 'kind'>]?: fc.Arbitrary<unknown> },
): fc.Arbitrary<A> => fc.record({ kind: fc.constant(kind), ...fields }) as unknown as fc.Arbitrary<A>

const fence = often<FenceChoice>([40, 'last'], [1, 'older'], [1, 'newer'], [1, 'none'])

/** What every action about a run chooses. */
export const about = {
  run: fc.nat(3),
  fit: often([30, true], [1, false]),
  by: often<Actor>([30, 'admin'], [5, 'worker'], [3, 'operator'], [5, 'agent'], [1, 'viewer']),
  key: often<KeyChoice>([5, 'none'], [4, 'fresh'], [1, 0], [1, 1]),
} as const

/** What every driving action chooses. */
export const driving = { ...about, fence } as const
