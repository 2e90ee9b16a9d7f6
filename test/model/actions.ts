import * as fc from 'fast-check'
import type { FailReason, ReportedEnd } from '../../src/lifecycle/words.ts'

/** Who acts. `agent` is the agent of the run's last claim. */
export type Actor = 'operator' | 'worker' | 'admin' | 'viewer' | 'agent'

/** What every action about one run comes with. */
interface About {
  /** Which of the runs started so far; counted round. */
  readonly run: number
  readonly by: Actor
  /** Number of an idempotency key among few, so that keys come again; null: none. */
  readonly key: number | null
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
interface Claiming {
  readonly owner: string
  readonly leaseSeconds: number
}

/** One step of a history. */
export type Action =
  | {
      readonly kind: 'start'
      readonly by: Actor
      readonly key: number | null
      readonly workflow: number
      readonly slot: string | null
      readonly claim: Claiming | null
    }
  | (About & { readonly kind: 'claim' } & Claiming)
  | { readonly kind: 'claimAny'; readonly by: Actor; readonly key: number | null; readonly owner: string }
  | (Driving & { readonly kind: 'release' | 'confirmCancel' })
  | (Driving & { readonly kind: 'renew'; readonly seconds: number | null })
  | (Conditional & { readonly kind: 'pause' | 'cancel'; readonly comment: string | null })
  | (Conditional & { readonly kind: 'resume'; readonly claim: Claiming | null })
  | (Driving & Conditional & { readonly kind: 'complete' })
  | (Driving & { readonly kind: 'fail'; readonly reason: FailReason })
  | (About & { readonly kind: 'delete' })
  | (Driving & Conditional & { readonly kind: 'advance'; readonly phase: number })
  | (Driving & { readonly kind: 'startPhase'; readonly phase: number | null; readonly repair: boolean })
  | (Driving & { readonly kind: 'failPhase'; readonly phase: number | null })
  | (Driving & { readonly kind: 'completeRound' })
  | (Driving & { readonly kind: 'execute'; readonly phase: number | null })
  | (About & {
      readonly kind: 'finish'
      readonly execution: number
      readonly exitCode: number
      readonly end: ReportedEnd
    })
  | { readonly kind: 'sweep' }
  | { readonly kind: 'pass' | 'sleep'; readonly seconds: number }
export type ActionOf<K extends Action['kind']> = Extract<Action, { kind: K }>

const run = fc.nat(3)
const key = fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat(2) })
const by = fc.constantFrom<Actor>(
  'admin',
  'admin',
  'admin',
  'admin',
  'worker',
  'worker',
  'operator',
  'operator',
  'agent',
  'viewer',
)
const fence = fc.constantFrom<FenceChoice>(
  'last',
  'last',
  'last',
  'last',
  'last',
  'last',
  'older',
  'newer',
  'none',
)
const revision = fc.constantFrom<RevisionChoice>('any', 'any', 'any', 'any', 'seen', 'older')
const owner = fc.constantFrom('ann', 'bob')
const claiming = fc.record({ owner, leaseSeconds: fc.constantFrom(30, 30, 90, 90, 0) })
const maybeClaiming = fc.option(claiming, { nil: null })
const phase = fc.nat(4)
const here = fc.option(phase, { nil: null, freq: 1 })
const about = { run, by, key }
const driving = { ...about, fence }

/** Steps of time; the limits of the model lie in between. */
const SECONDS = [20, 20, 20, 40, 40, 100, 320, 620, 1820, 7220, 86_420, 604_820]

const of = <K extends Action['kind']>(kind: K, fields: object): fc.Arbitrary<ActionOf<K>> =>
  fc.record({ kind: fc.constant(kind), ...fields }) as unknown as fc.Arbitrary<ActionOf<K>>

/** Any action, those that lead far more often than the others. */
export const actions: readonly [number, fc.Arbitrary<Action>][] = [
  [
    5,
    of('start', {
      by,
      key,
      workflow: fc.nat(4),
      slot: fc.constantFrom(null, 'slot'),
      claim: fc.option(claiming, { nil: null, freq: 3 }),
    }),
  ],
  [10, fc.tuple(of('claim', about), claiming).map(([action, claim]) => ({ ...action, ...claim }))],
  [2, of('claimAny', { by, key, owner })],
  [3, of('release', driving)],
  [3, of('confirmCancel', driving)],
  [5, of('renew', { ...driving, seconds: fc.constantFrom(null, null, 50) })],
  [4, of('pause', { ...about, revision, comment: fc.constantFrom(null, 'so') })],
  [3, of('cancel', { ...about, revision, comment: fc.constantFrom(null, 'so') })],
  [9, of('resume', { ...about, revision, claim: maybeClaiming })],
  [7, of('complete', { ...driving, revision })],
  [3, of('fail', { ...driving, reason: fc.constantFrom('REPORTED_FAILURE', 'START_FAILED', 'INCOMPLETE') })],
  [2, of('delete', about)],
  [14, of('advance', { ...driving, revision, phase })],
  [14, of('startPhase', { ...driving, phase: here, repair: fc.constantFrom(false, false, false, true) })],
  [4, of('failPhase', { ...driving, phase: here })],
  [6, of('completeRound', driving)],
  [6, of('execute', { ...driving, phase: here })],
  [
    6,
    of('finish', {
      ...about,
      execution: fc.nat(5),
      exitCode: fc.nat(1),
      end: fc.constantFrom('EXITED', 'EXITED', 'CANCELLED', 'TIMED_OUT', 'IDLE'),
    }),
  ],
  [3, of('sweep', {})],
  [9, of('pass', { seconds: fc.constantFrom(...SECONDS) })],
  [1, of('sleep', { seconds: fc.constantFrom(20, 40, 620) })],
]
