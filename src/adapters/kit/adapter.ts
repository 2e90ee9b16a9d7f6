import type { JsonValue } from '@pawl/sdk'
import type { Ending } from '../../processes/launch.ts'
import type { StopLimits } from '../../processes/processGroup.ts'
import { composeText } from '../../text/composeText.ts'
import type { AgentDefinition } from './agentDefinition.ts'
import type { Entry } from './entry.ts'

/** How agents of one kind are reached. */
export interface Adapter {
  /** As it stands in definitions and on sessions. */
  readonly name: string
  /** Whether its agents live on from prompt to prompt, so that their process belongs to the run and not to a phase. */
  readonly staysBetweenPrompts: boolean
  /**
   * Opens the agent of a session. Where `context.handle` names one that lives and may be adopted, it is adopted; else a new one
   * is prepared, once every process that the handle names is proven gone: two agents never work in one workspace.
   *
   * @throws {@link AgentError} where it can't be reached, started, or rid of
   */
  open(context: AgentContext): Promise<Agent>
}

/** What an adapter is given by the owner of a run. */
export interface AgentContext {
  readonly definition: AgentDefinition
  readonly sessionId: string
  /** The run's workspace, absolute and canonical: where the agent works. */
  readonly workspace: string
  /** A private folder of this session's outside of the workspace, the same for every owner on this machine. */
  readonly stateDir: string
  /** Descriptors that every process of the agent keeps open: locks that last as long as any of them lives. */
  readonly keep: readonly number[]
  /** The agent's environment, with PAWL_URL, PAWL_RUN_ID and PAWL_TOKEN. */
  readonly env: Readonly<Record<string, string>>
  /** What an earlier owner left of itself; null where there was none. */
  readonly handle: JsonValue | null
  /** Takes what the agent says and puts out. Never waits; bounded in memory; masks secrets. */
  readonly output: AgentOutput
  /**
   * Records a process that waits at its gate, before it does anything, and keeps the handle by which it is found, if there is one.
   * Returns its execution's id.
   */
  readonly recordStart: (process: {
    readonly command: string
    readonly pid: number
    readonly handle?: JsonValue
  }) => Promise<string>
  /** Records how it ended, and keeps the handle that tells of it. What can't be told now is not told: the server finds it out. */
  readonly recordEnd: (executionId: string, ending: ProcessEnd, handle?: JsonValue) => Promise<void>
  /**
   * Asks a person for a permission, and waits for the end of the question. The signal aborts where the agent asks no more.
   *
   * @throws where the owner has to stop
   */
  readonly askPermission: (asked: PermissionQuestion, signal: AbortSignal) => Promise<PermissionOutcome>
  /** Keeps a new handle with the session, before what it tells of is relied on. */
  readonly saveHandle: (handle: JsonValue) => Promise<void>
}

/** A permission that a person is asked for. */
export interface PermissionQuestion {
  readonly kind: 'EDIT' | 'EXECUTE' | 'FETCH' | 'MCP' | 'OTHER'
  /** What it is about, in one line, in the agent's own words. */
  readonly title: string
  /** The program, the tool or the host, as the agent's program tells it; null: not known. */
  readonly program: string | null
  /** The file or folder; null: none, or more than one. */
  readonly path: string | null
  /** What is shown besides: the command, or what is to be written. */
  readonly detail: string
}

/** What became of a question for a permission. */
export interface PermissionOutcome {
  /** EXPIRED: nobody answered, which is no denial. VOID: the run does not wait for it any more. */
  readonly state: 'ALLOWED' | 'DENIED' | 'EXPIRED' | 'VOID'
  readonly approvalId: string | null
  /** The person's word to the agent; null where there is none. */
  readonly comment: string | null
}

/** Where what an agent says goes: into the session's transcript, in the order in which it is told here. */
export interface AgentOutput {
  /**
   * How many bytes of the session's output the transcripts of earlier owners hold for sure: where a source that outlived them is
   * read on.
   */
  readonly startsAt: number
  /** Whether it takes more without leaving something out. A source that keeps its output waits for that. */
  readonly hasRoom: boolean
  /** Takes the next bytes of a plain agent, which become OUTPUT entries: in any pieces, at any time. */
  write(bytes: Uint8Array): void
  /** Takes the next entry, of any size and with any characters in it. */
  report(entry: Entry): void
  /** Says that what was told in pieces is whole, as at the end of a turn. */
  flush(): void
}

/** Takes everything and keeps nothing of it. */
export const DISCARDED_OUTPUT: AgentOutput = {
  startsAt: 0,
  hasRoom: true,
  write: () => undefined,
  report: () => undefined,
  flush: () => undefined,
}

/** How a recorded process ended, and by whom. */
export interface ProcessEnd extends Ending {
  readonly end: 'EXITED' | 'CANCELLED' | 'TIMED_OUT' | 'IDLE' | 'SUPERVISOR_LOST'
}

/** A prompt, and what tells it from every other. */
export interface Prompt {
  /** The dedup key: the same for the same prompt, no matter which owner sends it. */
  readonly key: string
  readonly text: string
}

/** Whether an agent works on something, waits for a prompt, or is not there any more. */
export type AgentActivity = 'WORKING' | 'WAITING' | 'GONE'

/** Why an agent ended its turn, as it says. */
export type StopReason = 'END_TURN' | 'CANCELLED' | 'REFUSAL' | 'MAX_TOKENS' | 'MAX_TURN_REQUESTS'

/** An error that an agent names as what ended its turn. */
export interface AgentFailure {
  /** The agent's own code, such as one of JSON-RPC's; null where it gives none. */
  readonly code: number | string | null
  /** The agent's own words. */
  readonly message: string
}

/** How a turn ended. */
export interface TurnResult {
  /** How the agent's process ended; null where it waits for the next prompt. */
  readonly exit: Ending | null
  /** Why, where the agent says so. */
  readonly stop: StopReason | null
  /** The error that ended it, where the agent names one. */
  readonly failure: AgentFailure | null
}

/** The agent waits for the next prompt, and said no more. */
export const WAITS: TurnResult = { exit: null, stop: null, failure: null }

/** The agent's process ended. */
export function exited(exit: Ending, failure: AgentFailure | null = null): TurnResult {
  return { exit, stop: null, failure }
}

/** One agent, opened. */
export interface Agent {
  /** Whether it was there before this owner. */
  readonly isAdopted: boolean
  /**
   * When it last showed a sign of life: output, or its start; as `performance.now()`. A tool call of its own that is in progress
   * is a sign of life, for as long as the definition's `toolSeconds`.
   */
  readonly lastActivityAt: number
  /** For how long it has waited for people since its last prompt, in milliseconds: time limits of its work are suspended for that time. */
  readonly waitedMs: number
  /** What it does now. */
  probe(): Promise<AgentActivity>
  /** Whether a prompt with this key has reached it, under whichever owner. */
  hasReceived(key: string): Promise<boolean>
  /**
   * Begins what a prompt needs and takes time, where there is such: a process that waits at its gate. Nothing of it reaches the agent
   * before `send`, which tells what failed. A prompt that is not sent after all is forgotten with the next one, or by `stop`. Returns
   * whether a process is being started, which will be recorded.
   */
  prepare?(prompt: Prompt): boolean
  /**
   * Hands it a prompt; resolves when the agent has it. Where the agent of the turn before is gone, one is started that remembers,
   * as far as the definition says how (`resume`), else one that does not.
   */
  send(prompt: Prompt): Promise<void>
  /** Passes text on to an agent at work. False where it can't be reached before its turn is over. */
  steer(text: string): Promise<boolean>
  /** Resolves when the agent no longer works on its prompt: its process ended, or it waits for the next one. */
  turnOver(signal: AbortSignal): Promise<TurnResult>
  /** Ends it and prepares a new one without memory of the one before. */
  restart(limits: StopLimits): Promise<void>
  /** Ends it and everything it started. Returns whether all of it is proven gone. */
  stop(limits: StopLimits, end: ProcessEnd['end']): Promise<boolean>
  /** Lets go of it: one that outlives its owners lives on, any other was stopped before. */
  close(): Promise<void>
}

/** What to do about an error: try again, ask a person, or fail the run. */
export type ErrorClass = 'RECOVERABLE' | 'HUMAN_REQUIRED' | 'FATAL'

/** The most of a message or a hint, in UTF-16 units. */
const MAX_LENGTH = 8_000

/** An agent, or what it is to work in, is not as it has to be. What it says can be stored, whatever words it quotes. */
export class AgentError extends Error {
  override readonly name = 'AgentError'
  /** What a person can do about it. */
  readonly hint: string

  constructor(
    readonly errorClass: ErrorClass,
    /** Short and stable, as `AGENT_NOT_FOUND`. */
    readonly code: string,
    message: string,
    hint: string,
    options?: ErrorOptions,
  ) {
    super(composeText(message, { max: MAX_LENGTH }), options)
    this.hint = composeText(hint, { max: MAX_LENGTH })
  }
}
