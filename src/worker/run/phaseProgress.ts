import type { RunEvent } from '@pawl/sdk'

/** A prompt of the current attempt, as recorded in the log. */
export interface RecordedPrompt {
  readonly key: string
  readonly isSent: boolean
}

/** A message from a person that the agent has not consumed. */
export interface PendingMessage {
  readonly id: string
  readonly text: string
  readonly sentBy: string
}

/** A file that the server found invalid. */
export interface RejectedFile {
  readonly path: string
  readonly sha256: string
  readonly problems: readonly { readonly path: string; readonly message: string }[]
}

/**
 * Progress of a phase, folded from the run's log: all that an owner needs to resume where the last one stopped.
 * Repairs, resumes, restarts and the rejected file are reset when the phase is started over; starting a repair does not
 * reset them.
 */
export interface PhaseProgress {
  readonly attempt: number
  /** Why the attempt repairs the previous one; null if it starts over. */
  readonly repairs: string | null
  readonly repairCount: number
  readonly resumeCount: number
  readonly restartCount: number
  /** Whether someone other than the owner, such as the run's agent, started this attempt. */
  readonly isByAgent: boolean
  /** The phase that sent the run back to this one; null if none did. */
  readonly sentBackFrom: string | null
  /** Prompts of the attempt, oldest first, each key once. */
  readonly prompts: readonly RecordedPrompt[]
  /** Whether work on the last prompt broke off and its session was recovered. */
  readonly isRecovered: boolean
  readonly rejected: RejectedFile | null
  /** SHA-256 of the last valid file, in any attempt. */
  readonly accepted: string | null
  /** Error of the last failed attempt; null if none failed, or a person rejected it. */
  readonly failure: { readonly code: string; readonly message: string } | null
  /** Last comment of a person who sent the phase back or had it retried. */
  readonly feedback: string | null
  readonly messages: readonly PendingMessage[]
  /** Messages that the agent has consumed in this attempt. */
  readonly consumed: readonly PendingMessage[]
  /** Paths of the files that phases of the run have handed over, each once. */
  readonly handedOver: readonly string[]
  /** Whether the next prompt begins without memory, because what was said before did not fit into the model's context. */
  readonly isAnew: boolean
  /** Progress that the last prompt of the attempt was composed from: the state before it was first recorded. */
  readonly promptedFrom: PhaseProgress | null
  /** `seq` of the last event folded in. */
  readonly seq: number
  /** Actor of the last claim. */
  readonly owner: string | null
}

/** Progress before the first event. */
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
  consumed: [],
  handedOver: [],
  isAnew: false,
  promptedFrom: null,
  seq: 0,
  owner: null,
}

/** Folds one more event of the run's log into the progress of a phase, given the id of the phase's row. */
export function applyEvent(progress: PhaseProgress, event: RunEvent, phaseId: string): PhaseProgress {
  return { ...change(progress, event, phaseId), seq: event.seq }
}

function change(progress: PhaseProgress, event: RunEvent, phaseId: string): PhaseProgress {
  switch (event.type) {
    case 'RUN_CLAIMED':
      return { ...progress, owner: event.actor.name }
    case 'PHASE_STARTED':
      return event.payload.id === phaseId ? begin(progress, event) : progress
    case 'PHASE_COMPLETED':
      return event.payload.id === phaseId ? { ...progress, failure: null, feedback: null } : progress
    case 'PHASE_FAILED':
      return event.payload.id === phaseId ? { ...progress, failure: event.payload.error } : progress
    case 'APPROVAL_DECIDED': {
      const { phaseId: about, decision, comment } = event.payload
      if (about !== phaseId || decision === 'APPROVE') return progress
      return {
        ...progress,
        feedback: comment ?? progress.feedback,
        ...(decision === 'REJECT' && { failure: null }),
      }
    }
    case 'PROMPT_SENDING':
    case 'PROMPT_SENT':
      return event.payload.id === phaseId
        ? recordPrompt(progress, event.payload.dedupKey, event.type === 'PROMPT_SENT')
        : progress
    case 'ARTIFACT_INVALID':
      return event.payload.phaseId === phaseId ? { ...progress, rejected: event.payload } : progress
    case 'ARTIFACT_VALIDATED':
      return takeAccepted(progress, event.payload, phaseId)
    case 'SESSION_CHANGED':
      return count(progress, event.payload.to, event.payload.detail)
    case 'SESSION_RECOVERED':
      return { ...progress, isRecovered: true }
    case 'MESSAGE_SENT': {
      const { id, text } = event.payload
      return { ...progress, messages: [...progress.messages, { id, text, sentBy: event.actor.name }] }
    }
    case 'MESSAGE_ACKNOWLEDGED': {
      const { id, receipt } = event.payload
      if (receipt !== 'CONSUMED') return progress
      const [consumed, messages] = [true, false].map((isMeant) =>
        progress.messages.filter((message) => (message.id === id) === isMeant),
      )
      return { ...progress, messages: messages ?? [], consumed: [...progress.consumed, ...(consumed ?? [])] }
    }
    default:
      return progress
  }
}

function takeAccepted(
  progress: PhaseProgress,
  { path, sha256, phaseId: of }: { readonly path: string; readonly sha256: string; readonly phaseId: string },
  phaseId: string,
): PhaseProgress {
  const handedOver = [...progress.handedOver.filter((other) => other !== path), path]
  return { ...progress, handedOver, ...(of === phaseId && { accepted: sha256 }) }
}

function begin(progress: PhaseProgress, event: Extract<RunEvent, { type: 'PHASE_STARTED' }>): PhaseProgress {
  const { attempt, repair, because, from } = event.payload
  const begun = {
    ...progress,
    attempt,
    prompts: [],
    promptedFrom: null,
    isRecovered: false,
    isAnew: false,
    isByAgent: progress.owner !== null && event.actor.name !== progress.owner,
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
    consumed: [],
    sentBackFrom: progress.attempt > 0 ? from : null,
  }
}

function recordPrompt(progress: PhaseProgress, key: string, isSent: boolean): PhaseProgress {
  const others = progress.prompts.filter((prompt) => prompt.key !== key)
  const isFirst = others.length === progress.prompts.length
  const promptedFrom = isFirst ? { ...progress, promptedFrom: null } : progress.promptedFrom
  return {
    ...progress,
    prompts: [...others, { key, isSent }],
    promptedFrom,
    isRecovered: false,
    isAnew: false,
  }
}

/**
 * Values of `how` in the detail of a session's RESUMING: how the agent is resumed. Only the first two count against a
 * budget.
 */
export const RESUME_MODE = { resumed: 'RESUMED', restarted: 'RESTARTED', uncounted: 'UNCOUNTED' } as const

function count(progress: PhaseProgress, to: string, detail: unknown): PhaseProgress {
  if (to !== 'RESUMING' || typeof detail !== 'object' || detail === null || !('how' in detail))
    return progress
  if (detail.how === RESUME_MODE.resumed) return { ...progress, resumeCount: progress.resumeCount + 1 }
  if (detail.how === RESUME_MODE.restarted) {
    const isAnew = 'because' in detail && detail.because === 'CONTEXT_FULL'
    return { ...progress, restartCount: progress.restartCount + 1, isAnew }
  }
  return progress
}
