import type { RunEvent } from '@pawl/sdk'

/** A prompt of the attempt under way, as the log has it. */
export interface RecordedPrompt {
  readonly key: string
  readonly isSent: boolean
}

/** A message of a person that the agent has not taken in. */
export interface PendingMessage {
  readonly id: string
  readonly text: string
  readonly sentBy: string
}

/** A file that the server found wrong. */
export interface RejectedFile {
  readonly path: string
  readonly sha256: string
  readonly problems: readonly { readonly path: string; readonly message: string }[]
}

/**
 * How far a phase has come, by the run's log: all that an owner has to know to go on where the last one stood. Repairs, resumes,
 * restarts and the rejected file are counted since the phase was last begun anew, which a repair does not.
 */
export interface PhaseProgress {
  readonly attempt: number
  /** Why the attempt repairs the one before; null where it begins anew. */
  readonly repairs: string | null
  readonly repairCount: number
  readonly resumeCount: number
  readonly restartCount: number
  /** Whether the run's agent came here by its own word. */
  readonly isByAgent: boolean
  /** The phase that it was sent back from; null where it was not. */
  readonly sentBackFrom: string | null
  /** Of the attempt, oldest first, each key once. */
  readonly prompts: readonly RecordedPrompt[]
  /** Whether the work on the last of them broke off, and its agent was taken up again. */
  readonly isRecovered: boolean
  readonly rejected: RejectedFile | null
  /** SHA-256 of the last file that was valid, in whichever attempt. */
  readonly accepted: string | null
  /** Why the last attempt before the beginning failed; null where a person rejected it, or none did. */
  readonly failure: { readonly code: string; readonly message: string } | null
  /** What a person said last when sending the phase back or having it tried again. */
  readonly feedback: string | null
  readonly messages: readonly PendingMessage[]
  /** What the last prompt of the attempt was composed from: the progress before it was first recorded. */
  readonly promptedFrom: PhaseProgress | null
  /** Number of the last event that is folded in. */
  readonly seq: number
  /** Who claimed the run last. */
  readonly owner: string | null
}

/** The progress of a phase before the first event. */
export const NO_PROGRESS: PhaseProgress = {
  attempt: 0,
  repairs: null,
  repairCount: 0,
  resumeCount: 0,
  restartCount: 0,
  isByAgent: false,
  sentBackFrom: null,
  prompts: [],
  isRecovered: false,
  rejected: null,
  accepted: null,
  failure: null,
  feedback: null,
  messages: [],
  promptedFrom: null,
  seq: 0,
  owner: null,
}

/** The progress after one more event of the run's log; the phase is named by the id of its row. */
export function applyEvent(progress: PhaseProgress, event: RunEvent, phaseId: string): PhaseProgress {
  return { ...change(progress, event, phaseId), seq: event.seq }
}

function change(progress: PhaseProgress, event: RunEvent, phaseId: string): PhaseProgress {
  switch (event.type) {
    case 'run.claimed':
      return { ...progress, owner: event.actor }
    case 'phase.started':
      return event.payload.id === phaseId ? begin(progress, event) : progress
    case 'phase.completed':
      return event.payload.id === phaseId ? { ...progress, failure: null, feedback: null } : progress
    case 'phase.failed':
      return event.payload.id === phaseId ? { ...progress, failure: event.payload.error } : progress
    case 'approval.decided': {
      const { phaseId: about, decision, comment } = event.payload
      if (about !== phaseId || decision === 'APPROVE') return progress
      return {
        ...progress,
        feedback: comment ?? progress.feedback,
        ...(decision === 'REJECT' && { failure: null }),
      }
    }
    case 'prompt.sending':
    case 'prompt.sent':
      return event.payload.id === phaseId
        ? recordPrompt(progress, event.payload.dedupKey, event.type === 'prompt.sent')
        : progress
    case 'artifact.invalid':
      return event.payload.phaseId === phaseId ? { ...progress, rejected: event.payload } : progress
    case 'artifact.validated':
      return event.payload.phaseId === phaseId ? { ...progress, accepted: event.payload.sha256 } : progress
    case 'session.changed':
      return count(progress, event.payload.to, event.payload.detail)
    case 'session.recovered':
      return { ...progress, isRecovered: true }
    case 'message.sent': {
      const { id, text } = event.payload
      return { ...progress, messages: [...progress.messages, { id, text, sentBy: event.actor }] }
    }
    case 'message.acknowledged': {
      const { id, receipt } = event.payload
      if (receipt !== 'CONSUMED') return progress
      return { ...progress, messages: progress.messages.filter((message) => message.id !== id) }
    }
    default:
      return progress
  }
}

function begin(progress: PhaseProgress, event: Extract<RunEvent, { type: 'phase.started' }>): PhaseProgress {
  const { attempt, repair, because, from } = event.payload
  const begun = {
    ...progress,
    attempt,
    prompts: [],
    promptedFrom: null,
    isRecovered: false,
    isByAgent: progress.owner !== null && event.actor !== progress.owner,
  }
  if (repair)
    return {
      ...begun,
      repairs: because ?? 'the work is not what was asked for',
      repairCount: progress.repairCount + 1,
    }
  return {
    ...begun,
    repairs: null,
    repairCount: 0,
    resumeCount: 0,
    restartCount: 0,
    rejected: null,
    sentBackFrom: progress.attempt > 0 ? from : null,
  }
}

function recordPrompt(progress: PhaseProgress, key: string, isSent: boolean): PhaseProgress {
  const others = progress.prompts.filter((prompt) => prompt.key !== key)
  const isFirst = others.length === progress.prompts.length
  const promptedFrom = isFirst ? { ...progress, promptedFrom: null } : progress.promptedFrom
  return { ...progress, prompts: [...others, { key, isSent }], promptedFrom, isRecovered: false }
}

/** The words that go with a session's RESUMING: how the agent is taken up again. */
export const RESUME_MODE = { resumed: 'RESUMED', restarted: 'RESTARTED', uncounted: 'UNCOUNTED' } as const

function count(progress: PhaseProgress, to: string, detail: unknown): PhaseProgress {
  if (to !== 'RESUMING' || typeof detail !== 'object' || detail === null || !('how' in detail))
    return progress
  if (detail.how === RESUME_MODE.resumed) return { ...progress, resumeCount: progress.resumeCount + 1 }
  if (detail.how === RESUME_MODE.restarted) return { ...progress, restartCount: progress.restartCount + 1 }
  return progress
}
