import type { MessageMode, Receipt, SessionStatus } from '../../src/lifecycle/run/enums.ts'
import { graphOf, isActive, isAtWork, note, phaseAt, setPhase } from './beliefs.ts'
import {
  accepted,
  type Expected,
  type ModelMessage,
  type ModelRun,
  type ModelSession,
  refused,
  telling,
  unchanged,
} from './modelState.ts'
import { notWorkedOn } from './oraclePhases.ts'

const OVER = ['CRASHED', 'DISPOSED'] as const

/** The allowed transitions of a session, restated from the specification. */
export const SESSION_WAYS: Readonly<Record<SessionStatus, readonly SessionStatus[]>> = {
  CREATED: ['BOOTSTRAPPING', ...OVER],
  BOOTSTRAPPING: ['READY', ...OVER],
  READY: ['BUSY', ...OVER],
  BUSY: ['READY', 'ARTIFACT_TIMEOUT', 'WAITING_FOR_APPROVAL', ...OVER],
  ARTIFACT_TIMEOUT: ['RESUMING', ...OVER],
  RESUMING: ['REBOOTSTRAPPED', ...OVER],
  REBOOTSTRAPPED: ['READY', ...OVER],
  WAITING_FOR_APPROVAL: ['READY', ...OVER],
  CRASHED: ['RESUMING', 'FAILED_NEEDS_HUMAN', 'DISPOSED'],
  FAILED_NEEDS_HUMAN: ['DISPOSED'],
  DISPOSED: [],
}

const toRow = ({ id, role, adapter, handle, status, fence, recoveries, prompt, stage }: ModelSession) => ({
  row: {
    id,
    role,
    adapter,
    handle,
    status,
    fence,
    recoveryAttempts: recoveries,
    lastPromptKey: prompt,
    lastPromptStage: stage,
  },
})

function illegalWay(session: ModelSession, to: SessionStatus): Expected {
  const { status: from } = session
  return refused('IllegalSessionTransition', { from, to, allowed: SESSION_WAYS[from] })
}

function notRunning(run: ModelRun): Expected | null {
  return isAtWork(run) ? null : refused('RunNotActive', { status: run.status })
}

/** A session as its owner asks for it. */
export interface AskedSession {
  readonly role: string
  readonly adapter: string
  readonly handle: string | null
}

/** Opens the session of a role, or adopts the live one; `id` is the one that a new one was given. */
export function openSession(run: ModelRun, now: number, asked: AskedSession, id: string): Expected {
  const refusal = notRunning(run)
  if (refusal) return refusal
  const live = run.sessions.find(({ role, status }) => role === asked.role && status !== 'DISPOSED')
  if (!live) {
    const made: ModelSession = {
      ...asked,
      id,
      status: 'CREATED',
      fence: run.fence,
      recoveries: 0,
      prompt: null,
      stage: null,
      sent: [],
      entries: [],
    }
    run.sessions.push(made)
    note(run, 'session.opened', now)
    return telling(accepted, { created: true, ...toRow(made) })
  }
  if (live.status === 'FAILED_NEEDS_HUMAN') return illegalWay(live, 'CREATED')
  const handle = asked.handle ?? live.handle
  const same = live.fence === run.fence && live.adapter === asked.adapter && live.handle === handle
  if (same) return telling(unchanged, { created: false, ...toRow(live) })
  Object.assign(live, { fence: run.fence, adapter: asked.adapter, handle })
  note(run, 'session.adopted', now)
  return telling(accepted, { created: false, ...toRow(live) })
}

export function updateSession(run: ModelRun, now: number, id: string, to: SessionStatus): Expected {
  const refusal = notRunning(run)
  if (refusal) return refusal
  const session = sessionOf(run, id)
  if (!SESSION_WAYS[session.status].includes(to)) return illegalWay(session, to)
  const isRecovered = session.status === 'REBOOTSTRAPPED' && to === 'READY'
  if (isRecovered) session.recoveries++
  session.status = to
  note(run, isRecovered ? 'session.recovered' : 'session.changed', now)
  return telling(accepted, toRow(session))
}

/** A prompt as it is recorded, before it is sent or after. */
export interface AskedPrompt {
  readonly sessionId: string
  readonly phase: string
  readonly dedupKey: string
  readonly stage: 'SENDING' | 'SENT'
}

export function recordPrompt(
  run: ModelRun,
  now: number,
  { sessionId, phase, dedupKey, stage }: AskedPrompt,
): Expected {
  const session = sessionOf(run, sessionId)
  const refusal = notWorkedOn(run, phase)
  if (refusal) return refusal
  if (session.sent.some(({ key }) => key === dedupKey)) return refused('PromptAlreadySent', { dedupKey })
  const isOnItsWay = session.status === 'BUSY' && session.prompt === dedupKey
  if (stage === 'SENDING') {
    if (isOnItsWay) return telling(unchanged, toRow(session))
    if (session.status !== 'READY') return illegalWay(session, 'BUSY')
    Object.assign(session, { status: 'BUSY', prompt: dedupKey, stage })
    note(run, 'prompt.sending', now)
    return telling(accepted, toRow(session))
  }
  if (!isOnItsWay) return illegalWay(session, 'BUSY')
  session.stage = stage
  session.sent.push({ key: dedupKey, attempt: phaseAt(run).attempts.length })
  if (graphOf(run).artifact?.required) setPhase(phaseAt(run), 'AWAITING_ARTIFACT')
  note(run, 'prompt.sent', now)
  return telling(accepted, toRow(session))
}

/** A transcript depends only on its session's fence, not on the state of the run. */
export function appendTranscript(
  run: ModelRun,
  now: number,
  {
    sessionId,
    fence,
    fromSeq,
    texts,
  }: { sessionId: string; fence: number; fromSeq: number; texts: string[] },
): Expected {
  const session = sessionOf(run, sessionId)
  const next = session.entries.length + 1
  if (fence !== session.fence) return refused('LeaseLost', { yourFence: fence, currentFence: session.fence })
  if (fromSeq > next) return refused('TranscriptGap', { expectedSeq: next })
  const fresh = texts.slice(next - fromSeq)
  session.entries.push(...fresh)
  if (fresh.length > 0 && isActive(run)) run.activeAt = now
  return telling(accepted, { nextSeq: next + fresh.length })
}

function sessionOf(run: ModelRun, id: string): ModelSession {
  const session = run.sessions.find((each) => each.id === id)
  if (!session) throw new Error(`the oracle knows no session ${id}`)
  return session
}

const toMessageRow = ({ id, mode, status }: ModelMessage) => ({ row: { id, mode, status } })

export function sendMessage(run: ModelRun, now: number, mode: MessageMode, id: string): Expected {
  if (!isActive(run) || run.status === 'CANCELLING') return refused('RunNotActive', { status: run.status })
  const message: ModelMessage = { id, mode, status: 'PENDING' }
  run.messages.push(message)
  note(run, 'message.sent', now)
  return telling(accepted, toMessageRow(message))
}

/** Receipts only advance, and none is recorded once the run has settled. One may say that a message came otherwise than it was sent. */
export function acknowledgeMessage(
  run: ModelRun,
  now: number,
  id: string,
  { receipt, mode }: { readonly receipt: Receipt; readonly mode: MessageMode | null },
): Expected {
  const message = run.messages.find((each) => each.id === id)
  if (!message) throw new Error(`the oracle knows no message ${id}`)
  const advances = message.status === 'PENDING' || (message.status === 'DELIVERED' && receipt === 'CONSUMED')
  if (!isActive(run) || !advances) return telling(unchanged, toMessageRow(message))
  message.status = receipt
  message.mode = mode ?? message.mode
  note(run, 'message.acknowledged', now)
  return telling(accepted, toMessageRow(message))
}
