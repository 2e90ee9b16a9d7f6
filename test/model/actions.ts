import * as fc from 'fast-check'
import type { FailReason, ReportedEnd } from '../../src/lifecycle/words.ts'

/** Who acts. `agent` is the agent of the run's last claim. */
export type Actor = 'operator' | 'worker' | 'admin' | 'viewer' | 'agent'

/** Which idempotency key comes along: none, a new one, or one of few, so that keys meet other inputs. */
export type KeyChoice = 'none' | 'fresh' | number

/** What every action about one run comes with. */
interface About {
  /** Which of the runs started so far, counted round. */
  readonly run: number
  /** Whether a run is preferred that the action makes sense for. */
  readonly fit: boolean
  readonly by: Actor
  readonly key: KeyChoice
}
/** Which fence a driving command gives: that of the last claim, the one before, the next one, or none. */
export type FenceChoice = 'last' | 'older' | 'newer' | 'none'
interface Driving extends About {
  readonly fence: FenceChoice
}
/** Which revision a command insists on: that of the row, an older one, or none. */
export type RevisionChoice = 'seen' | 'older' | 'any'
interface Conditional extends About {
  readonly revision: RevisionChoice
}
/** Which phase is named: one that makes sense, one of the workflow or of none by its number, or no phase at all. */
export type PhaseChoice = 'fit' | 'none' | number
interface Claiming {
  readonly owner: string
  readonly leaseSeconds: number
}

/** One step of a history. */
export type Action =
  | {
      readonly kind: 'start'
      readonly by: Actor
      readonly key: KeyChoice
      readonly workflow: number
      readonly slot: string | null
      readonly claim: Claiming | null
    }
  | (About & { readonly kind: 'claim' } & Claiming)
  | { readonly kind: 'claimAny'; readonly by: Actor; readonly key: KeyChoice; readonly owner: string }
  | (Driving & { readonly kind: 'release' | 'confirmCancel' })
  | (Driving & { readonly kind: 'renew'; readonly seconds: number | null })
  | (Conditional & { readonly kind: 'pause' | 'cancel'; readonly comment: string | null })
  | (Conditional & { readonly kind: 'resume'; readonly claim: Claiming | null })
  | (Driving & Conditional & { readonly kind: 'complete' })
  | (Driving & { readonly kind: 'fail'; readonly reason: FailReason })
  | (About & { readonly kind: 'delete' })
  | (Driving & Conditional & { readonly kind: 'advance'; readonly phase: PhaseChoice })
  | (Driving & { readonly kind: 'startPhase'; readonly phase: PhaseChoice; readonly repair: boolean })
  | (Driving & { readonly kind: 'failPhase'; readonly phase: PhaseChoice })
  | (Driving & { readonly kind: 'completeRound' })
  | (Driving & { readonly kind: 'execute'; readonly phase: PhaseChoice })
  | (About & {
      readonly kind: 'finish'
      readonly execution: number
      readonly exitCode: number
      readonly end: ReportedEnd
    })
  /** One of the last commands once more, word by word. */
  | { readonly kind: 'again'; readonly back: number }
  | { readonly kind: 'sweep' }
  | { readonly kind: 'pass' | 'sleep'; readonly seconds: number }
export type ActionOf<K extends Action['kind']> = Extract<Action, { kind: K }>

/** Chooses one of those named, each as often as it is weighted. */
function often<T>(...weighted: readonly (readonly [number, T])[]): fc.Arbitrary<T> {
  return fc.oneof(...weighted.map(([weight, value]) => ({ weight, arbitrary: fc.constant(value) })))
}

/** Which workflow, by its place among those of the test; the one with rounds most often. */
export const workflows = often([2, 0], [4, 1], [6, 2], [3, 3], [1, 4])
const run = fc.nat(3)
const fit = often([9, true], [1, false])
const key = often<KeyChoice>([5, 'none'], [4, 'fresh'], [1, 0], [1, 1])
const by = often<Actor>([16, 'admin'], [3, 'worker'], [3, 'operator'], [3, 'agent'], [1, 'viewer'])
const fence = often<FenceChoice>([18, 'last'], [1, 'older'], [1, 'newer'], [1, 'none'])
const revision = often<RevisionChoice>([8, 'any'], [2, 'seen'], [1, 'older'])
const owner = fc.constantFrom('ann', 'bob')
const claiming = fc.record({ owner, leaseSeconds: fc.constantFrom(30, 90, 90, 90, 0) })
const maybeClaiming = fc.option(claiming, { nil: null })
const phase = fc.oneof(
  { weight: 8, arbitrary: often<PhaseChoice>([1, 'fit']) },
  { weight: 1, arbitrary: fc.nat(4) },
)
const maybePhase = fc.oneof(phase, often<PhaseChoice>([1, 'none']))
const about = { run, fit, by, key }
const driving = { ...about, fence }

/** Steps of time; the limits of the model lie in between. */
const SECONDS = often(
  [20, 20],
  [6, 40],
  [10, 100],
  [2, 320],
  [2, 620],
  [2, 1820],
  [1, 7220],
  [1, 86_420],
  [1, 604_820],
)

const of = <K extends Action['kind']>(kind: K, fields: object): fc.Arbitrary<ActionOf<K>> =>
  fc.record({ kind: fc.constant(kind), ...fields }) as unknown as fc.Arbitrary<ActionOf<K>>

/** Any action, those that lead far more often than the others. */
export const actions: readonly [number, fc.Arbitrary<Action>][] = [
  [
    5,
    of('start', {
      by,
      key,
      workflow: workflows,
      slot: fc.constantFrom(null, 'slot'),
      claim: fc.option(claiming, { nil: null, freq: 3 }),
    }),
  ],
  [10, fc.tuple(of('claim', about), claiming).map(([action, claim]) => ({ ...action, ...claim }))],
  [2, of('claimAny', { by, key, owner })],
  [2, of('release', driving)],
  [3, of('confirmCancel', driving)],
  [5, of('renew', { ...driving, seconds: fc.constantFrom(null, null, 50) })],
  [3, of('pause', { ...about, revision, comment: fc.constantFrom(null, 'so') })],
  [2, of('cancel', { ...about, revision, comment: fc.constantFrom(null, 'so') })],
  [9, of('resume', { ...about, revision, claim: maybeClaiming })],
  [8, of('complete', { ...driving, revision })],
  [2, of('fail', { ...driving, reason: fc.constantFrom('REPORTED_FAILURE', 'START_FAILED', 'INCOMPLETE') })],
  [1, of('delete', about)],
  [20, of('advance', { ...driving, revision, phase })],
  [16, of('startPhase', { ...driving, phase, repair: fc.constantFrom(false, false, false, true) })],
  [3, of('failPhase', { ...driving, phase })],
  [6, of('completeRound', driving)],
  [6, of('execute', { ...driving, phase: maybePhase })],
  [
    6,
    of('finish', {
      ...about,
      execution: fc.nat(5),
      exitCode: fc.nat(1),
      end: fc.constantFrom('EXITED', 'EXITED', 'CANCELLED', 'TIMED_OUT', 'IDLE'),
    }),
  ],
  [6, of('again', { back: fc.nat(3) })],
  [3, of('sweep', {})],
  [5, of('pass', { seconds: SECONDS })],
  [1, of('sleep', { seconds: fc.constantFrom(20, 40, 620) })],
]
