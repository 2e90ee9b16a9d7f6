import * as fc from 'fast-check'
import type { FailReason, ReportedEnd } from '../../src/lifecycle/run/enums.ts'
import { type BelowAction, belowActions } from './actionsBelow.ts'
import {
  type About,
  about,
  type Claiming,
  type Conditional,
  type Driving,
  driving,
  often,
  of,
} from './choices.ts'
import type { Actor, KeyChoice, PhaseChoice } from './choices.ts'

export type { Actor } from './choices.ts'

/** One step of a history about one run. */
export type RunAction =
  | (About & { readonly kind: 'claim' } & Claiming)
  | (Driving & {
      readonly kind: 'release'
      readonly wait: number | null
      readonly blocked: boolean
      readonly untilChildren: boolean
    })
  | (Conditional & { readonly kind: 'detach' })
  | (Driving & { readonly kind: 'confirmCancel' })
  | (Driving & { readonly kind: 'renew'; readonly seconds: number | null })
  | (Conditional & { readonly kind: 'pause'; readonly comment: string | null })
  | (Conditional & { readonly kind: 'cancel'; readonly comment: string | null; readonly cascade: boolean })
  | (Conditional & { readonly kind: 'resume'; readonly claim: Claiming | null })
  | (Driving & Conditional & { readonly kind: 'complete' })
  | (Driving & { readonly kind: 'fail'; readonly reason: FailReason })
  | (About & { readonly kind: 'delete' })
  | (Driving & Conditional & { readonly kind: 'advance'; readonly phase: PhaseChoice })
  | (Driving & { readonly kind: 'startPhase'; readonly phase: PhaseChoice; readonly repair: boolean })
  | (Driving & { readonly kind: 'completeRound' })
  | (Driving & { readonly kind: 'execute'; readonly phase: PhaseChoice })
  | (About & {
      readonly kind: 'finish'
      readonly row: number
      readonly exitCode: number
      readonly end: ReportedEnd
    })

/** An action about one run, or about the rows below it. */
export type AboutAction = RunAction | BelowAction

/** The start of a run; its parent and the run it continues are given by their numbers among the runs so far. */
export interface StartAction {
  readonly kind: 'start'
  readonly by: Actor
  readonly key: KeyChoice
  readonly workflow: number
  readonly slot: string | null
  readonly claim: Claiming | null
  readonly parent: number | null
  readonly detached: boolean
  readonly continues: number | null
}

/** One step of a history. */
export type Action =
  | AboutAction
  | StartAction
  | { readonly kind: 'claimAny'; readonly by: Actor; readonly key: KeyChoice; readonly owner: string }
  /** Repeats one of the last commands exactly. */
  | { readonly kind: 'again'; readonly back: number }
  /** Concurrent commands to several servers: the first that make sense, on the same run if `same` is set. */
  | {
      readonly kind: 'race'
      readonly actions: readonly (AboutAction | StartAction)[]
      readonly same: boolean
      readonly runners: number
      /** How many database round trips each command waits before it is sent. */
      readonly stagger: readonly number[]
    }
  | { readonly kind: 'sweep' }
  | { readonly kind: 'pass'; readonly seconds: number }
  | { readonly kind: 'sleep'; readonly seconds: number }
export type ActionOf<K extends Action['kind']> = Extract<Action, { kind: K }>
export type Kind = AboutAction['kind'] | 'start' | 'claimAny'

/** A workflow, by its index among the model's; those with the most features most often. */
export const workflows = often([2, 0], [2, 1], [3, 2], [2, 3], [4, 4], [6, 5], [3, 6])
const key = often<KeyChoice>([5, 'none'], [4, 'fresh'], [1, 0], [1, 1])
const by = about.by
const owner = fc.constantFrom('ann', 'bob')
const claiming = fc.record({ owner, leaseSeconds: fc.constantFrom(300, 900, 900, 900, 0) })
const maybeClaiming = fc.option(claiming, { nil: null })
const phase = fc.oneof(
  { weight: 8, arbitrary: often<PhaseChoice>([1, 'fit']) },
  { weight: 1, arbitrary: fc.nat(4) },
)
const maybePhase = fc.oneof(phase, often<PhaseChoice>([1, 'none']))
const revision = often<Conditional['revision']>([8, 'any'], [2, 'seen'], [1, 'older'])
const comment = fc.constantFrom(null, 'so')

/** Steps of time; the model's timeouts lie in between, with enough margin for the duration of a history. */
const SECONDS = often(
  [30, 200],
  [10, 400],
  [8, 1000],
  [3, 3200],
  [2, 6200],
  [1, 18_200],
  [1, 72_200],
  [1, 864_200],
  [1, 6_048_200],
)

/** The stagger of each command of a race. */
export const staggers = fc.array(fc.nat(2), { minLength: 3, maxLength: 3 })

/** The start of a run. */
export const starts: fc.Arbitrary<StartAction> = of<StartAction>('start', {
  by,
  key,
  workflow: workflows,
  slot: fc.constantFrom(null, null, 'slot'),
  claim: fc.option(claiming, { nil: null, freq: 5 }),
  parent: fc.option(fc.nat(3), { nil: null, freq: 2 }),
  detached: fc.constantFrom(false, false, false, true),
  continues: fc.option(fc.nat(3), { nil: null, freq: 1 }),
})

/** Actions about a run, weighted toward those that make progress. */
export const aboutActions: readonly [number, fc.Arbitrary<AboutAction>][] = [
  [
    8,
    fc.tuple(of<ActionOf<'claim'>>('claim', about), claiming).map(([one, claim]) => ({ ...one, ...claim })),
  ],
  [
    2,
    of<ActionOf<'release'>>('release', {
      ...driving,
      wait: fc.constantFrom(null, 1050),
      blocked: fc.boolean(),
      untilChildren: fc.boolean(),
    }),
  ],
  [2, of<ActionOf<'detach'>>('detach', { ...about, revision })],
  [3, of<ActionOf<'confirmCancel'>>('confirmCancel', driving)],
  [5, of<ActionOf<'renew'>>('renew', { ...driving, seconds: fc.constantFrom(null, null, 500) })],
  [3, of<ActionOf<'pause'>>('pause', { ...about, revision, comment })],
  [
    2,
    of<ActionOf<'cancel'>>('cancel', {
      ...about,
      revision,
      comment,
      cascade: fc.constantFrom(true, true, true, false),
    }),
  ],
  [8, of<ActionOf<'resume'>>('resume', { ...about, revision, claim: maybeClaiming })],
  [6, of<ActionOf<'complete'>>('complete', { ...driving, revision })],
  [
    1,
    of<ActionOf<'fail'>>('fail', {
      ...driving,
      reason: fc.constantFrom('REPORTED_FAILURE', 'START_FAILED', 'INCOMPLETE'),
    }),
  ],
  [1, of<ActionOf<'delete'>>('delete', about)],
  [14, of<ActionOf<'advance'>>('advance', { ...driving, revision, phase })],
  [
    16,
    of<ActionOf<'startPhase'>>('startPhase', {
      ...driving,
      phase,
      repair: fc.constantFrom(false, false, false, true),
    }),
  ],
  [6, of<ActionOf<'completeRound'>>('completeRound', driving)],
  [4, of<ActionOf<'execute'>>('execute', { ...driving, phase: maybePhase })],
  [
    4,
    of<ActionOf<'finish'>>('finish', {
      ...about,
      row: fc.nat(5),
      exitCode: fc.nat(1),
      end: fc.constantFrom('EXITED', 'EXITED', 'CANCELLED', 'TIMED_OUT', 'IDLE'),
    }),
  ],
  ...belowActions({ phase, maybePhase }),
]

/** Any of weighted choices. */
export const any = <T>(choices: readonly [number, fc.Arbitrary<T>][]): fc.Arbitrary<T> =>
  fc.oneof(...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })))

const about1 = any<AboutAction | StartAction>([...aboutActions, [4, starts]])

/** Any action, weighted toward those that make progress. */
export const actions: readonly [number, fc.Arbitrary<Action>][] = [
  [6, starts],
  [2, of<ActionOf<'claimAny'>>('claimAny', { by, key, owner })],
  ...aboutActions,
  [6, of<ActionOf<'again'>>('again', { back: fc.nat(3) })],
  [
    14,
    of<ActionOf<'race'>>('race', {
      actions: fc.array(about1, { minLength: 2, maxLength: 12, size: 'max' }),
      same: fc.constantFrom(true, true, true, false),
      runners: fc.constantFrom(2, 2, 3),
      stagger: staggers,
    }),
  ],
  [3, of<ActionOf<'sweep'>>('sweep', {})],
  [5, of<ActionOf<'pass'>>('pass', { seconds: SECONDS })],
  [1, of<ActionOf<'sleep'>>('sleep', { seconds: fc.constantFrom(200, 400, 6200) })],
]
