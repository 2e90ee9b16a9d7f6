import { isAtWork, type Run } from '@pawl/sdk'
import type { AgentFailure, Prompt } from '../../adapters/kit/adapter.ts'
import type { ModelError } from '../../adapters/kit/modelError.ts'
import type { Baseline } from '../../workspaces/files/baseline.ts'
import type { Artifact, ArtifactTrouble, FilePlace } from '../../workspaces/files/readArtifact.ts'
import type { OpenAgent } from '../agent/openAgents.ts'
import type { RunWithAgents } from '../agent/runWithAgents.ts'
import type { DeclaredArtifact, DeclaredPhase } from '../run/declared.ts'
import type { PendingMessage, PhaseProgress } from '../run/phaseProgress.ts'
import type { Trouble } from '../run/trouble.ts'

/** The phase that the agent of a role is to do, under one owner. Nothing in it changes while the phase is executed. */
export interface PhaseTask {
  readonly context: RunWithAgents
  readonly declared: DeclaredPhase
  readonly role: string
  /** Of the phase's row: one phase of the workflow has a row in each round. */
  readonly phaseId: string
  readonly round: number
}

/**
 * What the agent does about the last prompt:
 *
 * - `NONE`: it was given none in this phase
 * - `ON`: it works
 * - `OVER`: it ended well, or waits for the next
 * - `REFUSED`: it waits for the next, and its model refused the work
 * - `CUT_OFF`: it waits for the next, and a limit of its model ended its turn
 * - `CRASHED`: it ended with an error
 * - `KILLED`: it was ended from outside, in the middle of its work
 * - `SILENT`, `LATE`: it works, but showed no activity, or wrote no file, for too long
 * - `GONE`: it worked for an earlier owner, and its process no longer exists
 */
export type Turn =
  | 'NONE'
  | 'ON'
  | 'OVER'
  | 'REFUSED'
  | 'CUT_OFF'
  | 'CRASHED'
  | 'KILLED'
  | 'SILENT'
  | 'LATE'
  | 'GONE'

/** Whether the agent's turn is over and the agent itself said so. */
export function hasEndedTurn(turn: Turn): boolean {
  return turn === 'OVER' || turn === 'REFUSED' || turn === 'CUT_OFF'
}

/** A prompt with the messages of people that it contains. */
export interface ComposedPrompt {
  readonly prompt: Prompt
  readonly carried: readonly PendingMessage[]
}

/** A prompt that the agent works on. */
export interface SentPrompt {
  readonly carried: readonly PendingMessage[]
  /** When it was sent, or taken over from an earlier owner; as `performance.now()`. */
  readonly sentAt: number
  /** The file at the artifact's path when it was sent: only another one counts while the agent works. */
  readonly before: Baseline
}

/** What every step gets that follows the opening of the agent. */
interface WithAgent {
  readonly agent: OpenAgent
}

/** As `WithAgent`, where a file may be found. */
interface WithFile extends WithAgent {
  /** The file that the server has judged before: it does not count again. */
  readonly judged: Baseline
}

/** A step of the phase, with everything that the steps before it hand over. */
export type Step =
  | { readonly name: 'BEGIN' }
  | ({ readonly name: 'ENTER' } & WithAgent)
  | ({
      readonly name: 'PROMPT'
      /** A recorded prompt that is sent again; null where the next one is composed. */
      readonly composed: ComposedPrompt | null
    } & WithFile)
  | ({ readonly name: 'AWAIT'; readonly sent: SentPrompt } & WithFile)
  | ({
      readonly name: 'JUDGE'
      readonly turn: Turn
      readonly carried: readonly PendingMessage[]
      /** The error that ended the turn, where the agent names one. */
      readonly failure?: AgentFailure | null
    } & WithFile)
  | ({
      readonly name: 'SUBMIT'
      readonly turn: Turn
      readonly found: Artifact | ArtifactTrouble
      /** What the agent still works on; null where its turn is over. */
      readonly sent: SentPrompt | null
      /** How the work was judged by the log alone, and at which revision: it is judged anew where the run has another. */
      readonly byLog?: { readonly judge: StepOf<'JUDGE'>; readonly revision: number }
    } & WithFile)
  | ({
      readonly name: 'CORRECT'
      readonly turn: Turn
      /** What is wrong with the work. */
      readonly problem: string
      /** The error code of the phase where a repair does not help. */
      readonly code: string
    } & WithFile)
  | ({ readonly name: 'RECOVER'; readonly turn: Turn } & WithFile)
  | ({
      readonly name: 'MODEL_FAILED'
      readonly turn: Turn
      readonly error: ModelError
    } & WithFile)
  | {
      readonly name: 'LEAVE'
      readonly turn: Turn
      readonly agent: OpenAgent | null
      /** The phase that the run was moved to together with the end of this one. */
      readonly next?: string
    }
  | { readonly name: 'FAIL'; readonly trouble: Trouble; readonly agent: OpenAgent | null }
  | { readonly name: 'DONE' }

/** The step with this name. */
export type StepOf<Name extends Step['name']> = Extract<Step, { readonly name: Name }>

/** Whether the run is at another phase than the task's, or that one is not under way any more. */
export function hasMoved({ phaseId }: PhaseTask, run: Run): boolean {
  const { currentPhase } = run
  return !isAtWork(run) || currentPhase?.id !== phaseId || !isUnderWay(currentPhase)
}

/** Whether a phase has begun and is not done. */
export function isUnderWay({ status }: NonNullable<Run['currentPhase']>): boolean {
  return status === 'RUNNING' || status === 'AWAITING_ARTIFACT'
}

/** How far the phase has come by the log, read at least up to the last answer of the server. */
export async function readProgress({ context, phaseId }: PhaseTask): Promise<PhaseProgress> {
  await context.log.reach(context.latest.revision, context.signal)
  return context.log.progress(phaseId)
}

/** Messages that the agent was given neither with the prompt nor during its turn. */
export function messagesNotGiven(
  { context }: PhaseTask,
  { messages }: PhaseProgress,
  carried: readonly PendingMessage[],
): readonly PendingMessage[] {
  const given = new Set(carried.map(({ id }) => id))
  return messages.filter(({ id }) => !given.has(id) && !context.steering.isDelivered(id))
}

/** Where the file of the phase is written. */
export async function findArtifactPlace(
  { context }: PhaseTask,
  { path }: DeclaredArtifact,
): Promise<FilePlace> {
  return { workspace: (await context.workspace()).path, path }
}
