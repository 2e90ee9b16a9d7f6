import type { Interruption, MessageMode, RunReason, RunStatus } from '@pawl/sdk'
import type { Trouble } from './trouble.ts'
import type { ReadinessProblem } from './readiness.ts'

/** An event that a worker reports. */
export type WorkerNews = RunNews | OwnWorkerNews

/** An event of one run. */
export type RunNews = RunNewsFields & { readonly runId: string }

/** `RunNews` without the run's id. */
export type RunNewsFields =
  | { readonly kind: 'run-taken'; readonly title: string | null; readonly workflow: string }
  | {
      readonly kind: 'phase-begun'
      readonly phase: string
      readonly attempt: number
      readonly role: string | null
      /** Whether this continues the work of an earlier owner. */
      readonly isResumed: boolean
    }
  | { readonly kind: 'prompt-sent'; readonly phase: string; readonly role: string }
  | {
      readonly kind: 'artifact-submitted'
      readonly phase: string
      readonly path: string
      readonly problems: readonly { readonly path: string; readonly message: string }[]
    }
  | { readonly kind: 'phase-repaired'; readonly phase: string; readonly because: string }
  | { readonly kind: 'phase-done'; readonly phase: string; readonly next: string | null }
  | { readonly kind: 'phase-failed'; readonly phase: string; readonly trouble: Trouble }
  | {
      /** The agent's model can't be asked before a time; the run waits for that. */
      readonly kind: 'model-waited-for'
      readonly role: string
      readonly code: string
      readonly message: string
      /** As an ISO timestamp. */
      readonly until: string
    }
  | {
      readonly kind: 'message-taken'
      readonly messageId: string
      readonly receipt: string
      /** How it reached the agent: in its turn, or with its next prompt. */
      readonly mode: MessageMode
    }
  | {
      /** Another run works in this run's directory; this run is released until later. */
      readonly kind: 'directory-taken'
      readonly directory: string
      readonly holder: string
    }
  | {
      /** An agent that outlived its run was ended. */
      readonly kind: 'leftover-ended'
      readonly role: string
      /** False if processes could not be ended. */
      readonly isGone: boolean
    }
  | {
      readonly kind: 'run-left'
      /** Status at the end of the claim; null if unknown. */
      readonly status: RunStatus | null
      readonly reason: RunReason | null
      /** Why the owner had to stop; null if it did not have to. */
      readonly interruption: Interruption | null
      /** False if processes may still be alive; the lease was then left to expire. */
      readonly isGone: boolean
    }

/** An event of the worker itself. */
export type OwnWorkerNews =
  | { readonly kind: 'started'; readonly owner: string; readonly workflows: readonly string[] | null }
  | {
      /** An agent of a known kind is installed. */
      readonly kind: 'agent-found'
      readonly role: string
      readonly program: string
      /** Null if it is unknown. */
      readonly version: string | null
      /** The version that it was run with under Pawl. */
      readonly tried: string | null
      /** A sentence, where it is another version than that one; else null. */
      readonly remark: string | null
    }
  | { readonly kind: 'draining'; readonly held: number; readonly seconds: number }
  | {
      /** The worker can't work, and claims no runs until it can. */
      readonly kind: 'not-ready'
      readonly problems: readonly ReadinessProblem[]
    }
  | { readonly kind: 'ready-again' }
  | { readonly kind: 'trouble'; readonly message: string }
