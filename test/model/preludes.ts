import type { AboutAction, Action, StartAction } from './actions.ts'

const plain = { run: 0, fit: true, by: 'admin', key: 'none' } as const
const driving = { ...plain, fence: 'last' } as const

/** The start of an unrelated run; claimed for 900 seconds by default. */
export function start(workflow: number, choices: Partial<StartAction> = {}): StartAction {
  const claim = { owner: 'ann', leaseSeconds: 900 }
  return {
    kind: 'start',
    by: 'admin',
    key: 'none',
    workflow,
    slot: null,
    claim,
    parent: null,
    detached: false,
    continues: null,
    ...choices,
  }
}

/** Plain actions, each as it makes sense on the first run that it makes sense for. */
export const does = {
  startPhase: { ...driving, kind: 'startPhase', phase: 'fit', repair: false },
  advance: { ...driving, kind: 'advance', phase: 'fit', revision: 'any' },
  submit: { ...driving, kind: 'submit', phase: 'fit', declared: true, content: 'one' },
  openSession: { ...driving, kind: 'openSession', role: 'writer', adapter: 'scripted', handle: 'one' },
  onward: { ...driving, kind: 'updateSession', row: 0, to: 'onward', way: 0 },
  prompt: { ...driving, kind: 'recordPrompt', row: 0, phase: 'fit', prompt: 'next', stage: 'SENDING' },
  say: { ...plain, kind: 'say', mode: 'STEER' },
  sayLater: { ...plain, kind: 'say', mode: 'FOLLOW_UP' },
  askHow: { ...driving, kind: 'failPhase', phase: 'fit', recovery: { session: true, expires: false } },
  execute: { ...driving, kind: 'execute', phase: 'none' },
  askPermission: {
    ...{ ...driving, kind: 'askInTurn', phase: 'none', question: 'PERMISSION' },
    ...{ session: true, program: 'npm', expires: true },
  },
} as const satisfies Record<string, AboutAction>

const {
  startPhase,
  advance,
  submit,
  openSession,
  onward,
  prompt,
  say,
  sayLater,
  askHow,
  execute,
  askPermission,
} = does
const ready = [openSession, onward, onward] as const

/** Places of workflows among those of the model. */
export const AT = { solo: 0, handedOn: 1, rounds: 2, hurried: 3, gated: 4, judged: 5, signed: 6 } as const

/** Starting points of histories; each leads to a state that random actions rarely reach. */
export const PRELUDES = {
  queued: (workflow: number): Action[] => [start(workflow, { claim: null, slot: 'slot' })],
  /** A phase in progress, with its agent READY. */
  ready: (workflow: number): Action[] => [start(workflow), startPhase, ...ready],
  /** A prompt being sent. */
  prompted: (workflow: number): Action[] => [start(workflow), startPhase, ...ready, prompt],
  /** An artifact that waits for approval, with a message and an execution. */
  asked: (): Action[] => [start(AT.gated), startPhase, ...ready, execute, say, submit],
  /** The second phase's artifact, which another principal must approve in time. */
  judged: (): Action[] => [start(AT.judged), startPhase, advance, say, { ...submit, by: 'worker' }],
  /** An agent that waits for a permission in the middle of its turn, with its process alive. */
  asking: (workflow: number): Action[] => [
    start(workflow),
    startPhase,
    ...ready,
    execute,
    say,
    askPermission,
  ],
  /** A failed phase that waits for a recovery decision. */
  stuck: (workflow: number): Action[] => [start(workflow), startPhase, ...ready, sayLater, askHow],
  /** A parent with two children, one of them owned and with a child. */
  family: (workflow: number): Action[] => [
    start(workflow),
    start(AT.handedOn, { claim: null, parent: 0 }),
    start(workflow, { parent: 0 }),
    start(AT.solo, { claim: null, parent: 2 }),
  ],
} as const satisfies Record<string, (workflow: number) => Action[]>

export const PRELUDE_NAMES = Object.keys(PRELUDES) as readonly (keyof typeof PRELUDES)[]
