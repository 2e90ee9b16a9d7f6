import type { Interruption, RunReason, RunStatus } from '@pawl/sdk'
import type { Trouble } from './trouble.ts'
import type { ReadinessProblem } from './readiness.ts'

/** What a worker tells of, as it happens. */
export type WorkerNews = RunNews | OwnWorkerNews

/** What happens in one run. */
export type RunNews = RunNewsFields & { readonly runId: string }

/** As `RunNews`, where the run is known. */
export type RunNewsFields =
  | { readonly kind: 'run-taken'; readonly title: string | null; readonly workflow: string }
  | {
      readonly kind: 'phase-begun'
      readonly phase: string
      readonly attempt: number
      readonly role: string | null
      /** Whether the work of an earlier owner is gone on with. */
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
  | { readonly kind: 'message-taken'; readonly messageId: string; readonly receipt: string }
  | {
      /** Another run works in the directory of this one, which is given back until later. */
      readonly kind: 'directory-taken'
      readonly directory: string
      readonly holder: string
    }
  | {
      /** An agent that had outlived its run. */
      readonly kind: 'leftover-ended'
      readonly role: string
      /** False where processes could not be ended. */
      readonly isGone: boolean
    }
  | {
      readonly kind: 'run-left'
      /** As it was left; null where that could not be known. */
      readonly status: RunStatus | null
      readonly reason: RunReason | null
      /** Why the owner had to stop; null where it had not. */
      readonly interruption: Interruption | null
      /** False where processes may still live: then the lease was left to expire. */
      readonly isGone: boolean
    }

/** What the worker itself does. */
export type OwnWorkerNews =
  | { readonly kind: 'started'; readonly owner: string; readonly workflows: readonly string[] | null }
  | { readonly kind: 'draining'; readonly held: number; readonly seconds: number }
  | {
      /** It can't work, and takes no runs until it can. */
      readonly kind: 'not-ready'
      readonly problems: readonly ReadinessProblem[]
    }
  | { readonly kind: 'ready-again' }
  | { readonly kind: 'trouble'; readonly message: string }
