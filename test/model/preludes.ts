import type { AboutAction, Action, StartAction } from './actions.ts'

const plain = { run: 0, fit: true, by: 'admin', key: 'none' } as const
const driving = { ...plain, fence: 'last' } as const

/** The start of a run that nobody else is about; claimed for 900 seconds unless told otherwise. */
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
} as const satisfies Record<string, AboutAction>

const { startPhase, advance, submit, openSession, onward, prompt, say, sayLater, askHow, execute } = does
const ready = [openSession, onward, onward] as const

/** Places of workflows among those of the model. */
export const AT = { solo: 0, handedOn: 1, rounds: 2, hurried: 3, gated: 4, judged: 5, signed: 6 } as const

/** How a history may begin, so that it has somewhere to go from; each leads where chance alone seldom does. */
export const PRELUDES = {
  queued: (workflow: number): Action[] => [start(workflow, { claim: null, slot: 'slot' })],
  /** A phase under way, its agent READY. */
  ready: (workflow: number): Action[] => [start(workflow), startPhase, ...ready],
  /** A prompt on its way. */
  prompted: (workflow: number): Action[] => [start(workflow), startPhase, ...ready, prompt],
  /** A file that waits for a person, with words and a process below. */
  asked: (): Action[] => [start(AT.gated), startPhase, ...ready, execute, say, submit],
  /** The second phase's file, which somebody else must judge in time. */
  judged: (): Action[] => [start(AT.judged), startPhase, advance, say, { ...submit, by: 'worker' }],
  /** A failed phase that a person must say of how it goes on. */
  stuck: (workflow: number): Action[] => [start(workflow), startPhase, ...ready, sayLater, askHow],
  /** A parent with two children, one of them held and with a child of its own. */
  family: (workflow: number): Action[] => [
    start(workflow),
    start(AT.handedOn, { claim: null, parent: 0 }),
    start(workflow, { parent: 0 }),
    start(AT.solo, { claim: null, parent: 2 }),
  ],
} as const satisfies Record<string, (workflow: number) => Action[]>

export const PRELUDE_NAMES = Object.keys(PRELUDES) as readonly (keyof typeof PRELUDES)[]
