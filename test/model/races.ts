import * as fc from 'fast-check'
import type { AboutAction, Action, StartAction } from './actions.ts'
import type { BelowOf } from './actionsBelow.ts'
import { AT, does, PRELUDES, start } from './preludes.ts'

/** Commands that are sent at once to a run, or a family, as it is after a prelude. */
export interface Race {
  readonly name: string
  readonly prelude: fc.Arbitrary<Action[]>
  readonly runners: readonly (AboutAction | StartAction)[]
  /** False where each runner names its own run. */
  readonly same?: boolean
}

const plain = { run: 0, fit: false, by: 'admin', key: 'none' } as const
const driving = { ...plain, fence: 'last' } as const
const conditional = { ...plain, revision: 'any' } as const

const decide = (decision: BelowOf<'decide'>['decision'], choices: object = {}): AboutAction => ({
  ...plain,
  kind: 'decide',
  by: 'operator',
  row: 0,
  decision,
  stale: false,
  ...choices,
})
const submit = (choices: Partial<BelowOf<'submit'>> = {}): AboutAction => ({
  ...driving,
  kind: 'submit',
  phase: 'fit',
  declared: true,
  content: 'one',
  ...choices,
})
const failPhase = (recovery: BelowOf<'failPhase'>['recovery']): AboutAction => ({
  ...driving,
  kind: 'failPhase',
  phase: 'fit',
  recovery,
})
const receipt = (told: 'DELIVERED' | 'CONSUMED', row = 0): AboutAction => ({
  ...driving,
  kind: 'receipt',
  row,
  receipt: told,
  mode: null,
})
const cancel = (cascade = true, run = 0): AboutAction => ({
  ...conditional,
  kind: 'cancel',
  run,
  comment: null,
  cascade,
})
const resume = (claims: boolean): AboutAction => ({
  ...conditional,
  kind: 'resume',
  claim: claims ? { owner: 'bob', leaseSeconds: 900 } : null,
})
const fail = (run = 0): AboutAction => ({ ...driving, kind: 'fail', run, reason: 'REPORTED_FAILURE' })

const remove = (run = 0): AboutAction => ({ ...plain, kind: 'delete', run })

const pause: AboutAction = { ...conditional, kind: 'pause', comment: null }
const pauseAsSeen: AboutAction = { ...pause, revision: 'seen' }
const complete: AboutAction = { ...driving, ...conditional, kind: 'complete' }
const release: AboutAction = { ...driving, kind: 'release', wait: null, blocked: false, untilChildren: false }
const putOff: AboutAction = { ...release, wait: 1050 }
const releaseToWait: AboutAction = { ...release, untilChildren: true }
const detach = (run: number): AboutAction => ({ ...conditional, kind: 'detach', run })
const confirmCancel: AboutAction = { ...driving, kind: 'confirmCancel' }
const renew: AboutAction = { ...driving, kind: 'renew', seconds: null }
const claim: AboutAction = { ...plain, kind: 'claim', owner: 'bob', leaseSeconds: 900 }
const advance: AboutAction = { ...does.advance, fit: false }
const repair: AboutAction = { ...does.startPhase, fit: false, repair: true }
const say: AboutAction = { ...does.say, fit: false }
const sayLater: AboutAction = { ...does.sayLater, fit: false }
const openSession: AboutAction = { ...does.openSession, fit: false, handle: 'two' }
const execute: AboutAction = { ...does.execute, fit: false }
const finish: AboutAction = { ...plain, kind: 'finish', row: 0, exitCode: 0, end: 'EXITED' }
const prompt = (stage: 'SENDING' | 'SENT'): AboutAction => ({ ...does.prompt, fit: false, stage })
const update = (to: BelowOf<'updateSession'>['to']): AboutAction => ({ ...does.onward, fit: false, to })
const append: AboutAction = { ...plain, kind: 'append', row: 0, fence: 'own', from: 'next', count: 2 }
const child = (choices: Partial<StartAction>): StartAction => start(AT.handedOn, { parent: 0, ...choices })

const keyed = <A extends AboutAction | StartAction>(action: A): A => ({ ...action, key: 0 })
const askInTime = (onExpiry: BelowOf<'askApproval'>['onExpiry']): AboutAction => ({
  ...driving,
  kind: 'askApproval',
  phase: 'none',
  approval: 'REVIEW',
  declared: true,
  approvers: [],
  allowSelfApproval: true,
  expires: true,
  onExpiry,
})
const pass = (seconds: number): Action => ({ kind: 'pass', seconds })
const leased = fc.constantFrom(0, 300, 900)
const among = (...preludes: Action[][]) => fc.constantFrom(...preludes)

/** A run claimed under a lease of any length, or none, goes through the rest of a prelude. */
const heldThen = (workflow: number, ...rest: Action[]) =>
  leased.map((leaseSeconds): Action[] => [
    start(workflow, { claim: { owner: 'ann', leaseSeconds } }),
    does.startPhase,
    ...rest,
  ])

export const RACES: readonly Race[] = [
  {
    name: 'decisions and a cancel',
    prelude: among(
      PRELUDES.asked(),
      PRELUDES.judged(),
      [...PRELUDES.asked(), pause],
      [...PRELUDES.asked(), pass(1000)],
    ),
    runners: [
      decide('yes'),
      decide('no'),
      decide('no', { by: 'admin' }),
      decide('yes', { stale: true }),
      decide('RETRY'),
      cancel(),
      pause,
      resume(false),
      resume(true),
      release,
      say,
      renew,
    ],
  },
  {
    name: 'the same decision, sent more than once',
    prelude: among(PRELUDES.asked(), PRELUDES.stuck(AT.solo)),
    runners: [keyed(decide('yes')), keyed(decide('yes')), keyed(decide('no')), cancel(), decide('yes')],
  },
  {
    name: 'answers to how it goes on',
    prelude: among(
      PRELUDES.stuck(AT.solo),
      [...PRELUDES.stuck(AT.handedOn), release],
      [...PRELUDES.stuck(AT.handedOn), pass(1000)],
    ),
    runners: [
      decide('yes'),
      decide('no'),
      decide('APPROVE'),
      cancel(),
      resume(true),
      release,
      claim,
      sayLater,
    ],
  },
  {
    name: 'a question in a turn and its ends',
    prelude: among(
      PRELUDES.asking(AT.solo),
      PRELUDES.asking(AT.gated),
      PRELUDES.asking(AT.hurried),
      [...PRELUDES.asking(AT.handedOn), pass(400)],
      [...PRELUDES.asking(AT.solo), renew, pass(600)],
      PRELUDES.ready(AT.rounds),
    ),
    runners: [
      decide('yes'),
      decide('no', { by: 'operator' }),
      decide('always'),
      { ...driving, kind: 'withdraw', row: 0 },
      { ...does.askPermission, fit: false },
      { ...does.askPermission, fit: false, question: 'QUESTION' },
      keyed({ ...does.askPermission, fit: false }),
      submit(),
      failPhase({ session: true, expires: false }),
      advance,
      complete,
      cancel(),
      pause,
      resume(true),
      release,
      claim,
      renew,
      update('CRASHED'),
    ],
  },
  {
    name: 'a decision and its expiry',
    prelude: among(
      [...PRELUDES.judged(), pass(1000)],
      [...PRELUDES.judged(), pass(400)],
      [start(AT.solo), askInTime('EXPIRE_RUN'), pass(600)],
      [start(AT.solo), askInTime('REJECT'), pass(600)],
    ),
    runners: [decide('yes'), decide('no'), claim, cancel(), pause, resume(false), release, renew],
  },
  {
    name: 'files and the end of their phase',
    prelude: among(
      PRELUDES.ready(AT.gated),
      PRELUDES.ready(AT.judged),
      PRELUDES.ready(AT.hurried),
      PRELUDES.prompted(AT.gated),
    ),
    runners: [
      submit(),
      submit({ content: 'other' }),
      submit({ content: 'bad' }),
      submit({ declared: false }),
      keyed(submit()),
      keyed(submit()),
      failPhase(null),
      failPhase({ session: true, expires: false }),
      advance,
      complete,
      cancel(),
      repair,
    ],
  },
  {
    name: 'words and the end of their run',
    prelude: heldThen(AT.solo, does.say, does.sayLater),
    runners: [
      say,
      sayLater,
      keyed(say),
      keyed(say),
      receipt('DELIVERED'),
      receipt('CONSUMED'),
      receipt('DELIVERED', 1),
      complete,
      fail(),
      cancel(),
      release,
    ],
  },
  {
    name: 'a session, its owner and the end of its run',
    prelude: among(PRELUDES.prompted(AT.gated), PRELUDES.ready(AT.hurried), PRELUDES.ready(AT.handedOn)),
    runners: [
      openSession,
      prompt('SENDING'),
      prompt('SENT'),
      prompt('SENT'),
      update('CRASHED'),
      update('READY'),
      append,
      append,
      failPhase({ session: true, expires: false }),
      fail(),
      cancel(),
      release,
    ],
  },
  {
    name: 'a prompt, sent more than once',
    prelude: among(PRELUDES.prompted(AT.gated), PRELUDES.prompted(AT.solo)),
    runners: [prompt('SENT'), prompt('SENT'), keyed(prompt('SENT')), prompt('SENDING'), repair],
  },
  {
    name: 'processes and the end of their run',
    prelude: heldThen(AT.handedOn, does.execute),
    runners: [execute, finish, finish, complete, fail(), cancel(), release, pauseAsSeen, pauseAsSeen],
  },
  {
    name: 'children and the end of their parent',
    same: false,
    prelude: among(
      [start(AT.handedOn), does.startPhase],
      [start(AT.handedOn, { claim: null })],
      [...PRELUDES.family(AT.solo), does.startPhase],
      [start(AT.handedOn), cancel()],
    ),
    runners: [
      child({}),
      child({ claim: null }),
      child({ claim: null, slot: 'slot' }),
      keyed(child({ claim: null })),
      keyed(child({ claim: null })),
      cancel(),
      cancel(false),
      cancel(true, 1),
      fail(),
      fail(2),
      complete,
      confirmCancel,
      release,
    ],
  },
  {
    name: 'a run and those that would continue it',
    same: false,
    prelude: among(
      [start(AT.solo), fail()],
      [start(AT.handedOn, { slot: 'slot' }), fail()],
      [start(AT.hurried), pass(1000)],
      [start(AT.solo), fail(), start(AT.solo, { continues: 0 }), fail(1)],
    ),
    runners: [
      start(AT.solo, { continues: 0 }),
      start(AT.solo, { continues: 0, claim: null }),
      keyed(start(AT.solo, { continues: 0 })),
      keyed(start(AT.solo, { continues: 0 })),
      resume(true),
      resume(false),
      remove(),
      remove(1),
      fail(1),
      cancel(true, 1),
    ],
  },
  {
    name: 'a release that puts off the next claim',
    prelude: heldThen(AT.hurried),
    runners: [
      putOff,
      putOff,
      { ...putOff, blocked: true },
      release,
      claim,
      pause,
      resume(true),
      resume(false),
      cancel(),
    ],
  },
  {
    name: 'children that go on and a parent that waits for them',
    same: false,
    prelude: among(
      [...PRELUDES.family(AT.handedOn), does.startPhase],
      [...PRELUDES.family(AT.solo), does.startPhase, fail(2)],
      [...PRELUDES.family(AT.handedOn), does.startPhase, releaseToWait],
    ),
    runners: [
      releaseToWait,
      detach(1),
      detach(2),
      detach(3),
      child({ claim: null }),
      child({ detached: true }),
      { ...resume(false), run: 2 },
      { ...resume(true), run: 2 },
      { ...claim, run: 1 },
      complete,
      cancel(),
      cancel(true, 2),
      fail(2),
      claim,
    ],
  },
  {
    name: 'runs that want one place',
    same: false,
    prelude: among(
      [start(AT.solo, { slot: 'slot' }), fail()],
      [start(AT.handedOn, { slot: 'slot' }), pass(1000)],
      [start(AT.handedOn, { slot: 'slot', claim: null }), cancel()],
    ),
    runners: [
      start(AT.solo, { slot: 'slot' }),
      start(AT.solo, { slot: 'slot', claim: null }),
      keyed(start(AT.solo, { slot: 'slot' })),
      keyed(start(AT.solo, { slot: 'slot' })),
      start(AT.solo, { slot: 'slot', continues: 0 }),
      resume(true),
      resume(false),
      claim,
      cancel(),
    ],
  },
]
