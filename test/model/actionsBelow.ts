import * as fc from 'fast-check'
import {
  type ApprovalKind,
  type Decision,
  DECISIONS,
  type ExpiryPolicy,
  type MessageMode,
  type Receipt,
  SESSION_STATUSES,
  type SessionStatus,
} from '../../src/lifecycle/run/enums.ts'
import { type About, about, type Driving, driving, of, often, type PhaseChoice } from './choices.ts'

/** One of the rows below the run, by its number among those that make sense. */
interface Row {
  readonly row: number
}

/** How a failed phase requests a recovery. */
export interface RecoveryChoice {
  /** Whether the newest session is named. */
  readonly session: boolean
  readonly expires: boolean
}

/** One step of a history about the rows below a run. */
export type BelowAction =
  | (Driving & {
      readonly kind: 'openSession'
      readonly role: string
      readonly adapter: string
      readonly handle: string | null
    })
  /** `onward`: an allowed next status, by its index in the table. */
  | (Driving &
      Row & { readonly kind: 'updateSession'; readonly to: SessionStatus | 'onward'; readonly way: number })
  | (Driving &
      Row & {
        readonly kind: 'recordPrompt'
        readonly phase: PhaseChoice
        /** `next`: the prompt that makes progress; or a key by its number. */
        readonly prompt: 'next' | number
        readonly stage: 'SENDING' | 'SENT'
      })
  | (About &
      Row & {
        readonly kind: 'append'
        readonly fence: 'own' | 'older' | 'none'
        readonly from: 'next' | 'before' | 'beyond'
        readonly count: number
      })
  | (Driving & {
      readonly kind: 'submit'
      readonly phase: PhaseChoice
      readonly declared: boolean
      readonly content: 'one' | 'other' | 'bad'
    })
  | (Driving & {
      readonly kind: 'askApproval'
      readonly phase: PhaseChoice
      readonly approval: ApprovalKind
      readonly declared: boolean
      readonly approvers: readonly string[]
      readonly allowSelfApproval: boolean
      readonly expires: boolean
      readonly onExpiry: ExpiryPolicy
    })
  /** A question in the middle of a turn. */
  | (Driving & {
      readonly kind: 'askInTurn'
      readonly phase: PhaseChoice
      readonly question: 'PERMISSION' | 'QUESTION'
      /** Whether the newest session is named. */
      readonly session: boolean
      readonly program: 'npm' | 'rm'
      readonly expires: boolean
    })
  | (Driving & Row & { readonly kind: 'withdraw' })
  | (Driving & {
      readonly kind: 'failPhase'
      readonly phase: PhaseChoice
      readonly recovery: RecoveryChoice | null
    })
  /** `yes`, `no` and `always` map to the decisions of the approval's kind. */
  | (About & Row & { readonly kind: 'decide'; readonly decision: Decision | Answer; readonly stale: boolean })
  | (About & { readonly kind: 'say'; readonly mode: MessageMode })
  | (Driving &
      Row & { readonly kind: 'receipt'; readonly receipt: Receipt; readonly mode: MessageMode | null })
type Answer = 'yes' | 'no' | 'always'
export type BelowOf<K extends BelowAction['kind']> = Extract<BelowAction, { kind: K }>

const row = fc.nat(3)
const mostly = (value: boolean, times = 5) => often([times, value], [1, !value])

/** Weighted actions about the rows below a run. */
export function belowActions({
  phase,
  maybePhase,
}: {
  phase: fc.Arbitrary<PhaseChoice>
  maybePhase: fc.Arbitrary<PhaseChoice>
}): readonly [number, fc.Arbitrary<BelowAction>][] {
  return [
    [
      6,
      of<BelowOf<'openSession'>>('openSession', {
        ...driving,
        role: fc.constantFrom('writer', 'writer', 'critic'),
        adapter: fc.constantFrom('scripted', 'scripted', 'tmux'),
        handle: fc.constantFrom(null, 'one', 'two'),
      }),
    ],
    [
      20,
      of<BelowOf<'updateSession'>>('updateSession', {
        ...driving,
        row,
        to: fc.oneof(
          { weight: 6, arbitrary: often<SessionStatus | 'onward'>([1, 'onward']) },
          { weight: 1, arbitrary: fc.constantFrom(...SESSION_STATUSES) },
        ),
        way: often([9, 0], [1, 1], [1, 2], [1, 3]),
      }),
    ],
    [
      14,
      of<BelowOf<'recordPrompt'>>('recordPrompt', {
        ...driving,
        row,
        phase,
        prompt: often<'next' | number>([6, 'next'], [1, 0], [1, 1]),
        stage: fc.constantFrom('SENDING', 'SENT'),
      }),
    ],
    [
      4,
      of<BelowOf<'append'>>('append', {
        ...about,
        row,
        fence: often<'own' | 'older' | 'none'>([6, 'own'], [1, 'older'], [1, 'none']),
        from: often<'next' | 'before' | 'beyond'>([4, 'next'], [2, 'before'], [1, 'beyond']),
        count: fc.nat(2),
      }),
    ],
    [
      16,
      of<BelowOf<'submit'>>('submit', {
        ...driving,
        phase,
        declared: mostly(true),
        content: often<'one' | 'other' | 'bad'>([4, 'one'], [2, 'other'], [2, 'bad']),
      }),
    ],
    [
      7,
      of<BelowOf<'askApproval'>>('askApproval', {
        ...driving,
        phase: maybePhase,
        approval: fc.constantFrom('REVIEW', 'REVIEW', 'RECOVERY'),
        declared: mostly(true, 3),
        approvers: fc.constantFrom([], [], ['olga']),
        allowSelfApproval: mostly(true, 3),
        expires: fc.boolean(),
        onExpiry: fc.constantFrom('REJECT', 'EXPIRE_RUN', 'WAIT'),
      }),
    ],
    [
      9,
      of<BelowOf<'askInTurn'>>('askInTurn', {
        ...driving,
        phase: maybePhase,
        question: fc.constantFrom('PERMISSION', 'PERMISSION', 'QUESTION'),
        session: mostly(true, 3),
        program: fc.constantFrom('npm', 'npm', 'rm'),
        expires: fc.boolean(),
      }),
    ],
    [3, of<BelowOf<'withdraw'>>('withdraw', { ...driving, row })],
    [
      5,
      of<BelowOf<'failPhase'>>('failPhase', {
        ...driving,
        phase,
        recovery: fc.option(fc.record({ session: fc.boolean(), expires: fc.boolean() }), { nil: null }),
      }),
    ],
    [
      18,
      of<BelowOf<'decide'>>('decide', {
        ...about,
        by: often([4, 'operator'], [4, 'admin'], [1, 'worker'], [1, 'agent']),
        row,
        decision: fc.oneof(
          { weight: 8, arbitrary: often<Decision | Answer>([3, 'yes'], [2, 'no'], [1, 'always']) },
          { weight: 1, arbitrary: fc.constantFrom(...DECISIONS) },
        ),
        stale: mostly(false),
      }),
    ],
    [5, of<BelowOf<'say'>>('say', { ...about, mode: fc.constantFrom('STEER', 'FOLLOW_UP') })],
    [
      5,
      of<BelowOf<'receipt'>>('receipt', {
        ...driving,
        row,
        receipt: fc.constantFrom('DELIVERED', 'CONSUMED'),
        mode: fc.constantFrom(null, 'STEER', 'FOLLOW_UP'),
      }),
    ],
  ]
}
