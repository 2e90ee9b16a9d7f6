import type { OutputStream, PermissionState, StepStatus, ToolKind, ToolStatus } from '@pawl/sdk'

export type { ToolKind, ToolStatus }

/** What can be updated: a transcript is append-only, so an update is an entry of its own, and readers fold the two into one. */
interface Updatable {
  /** Names the entry for its updates, as the id that the agent gave a call of a tool. */
  readonly key?: string | undefined
  /** The key of the entry of the same kind that this one updates: the fields that are given replace those of before. */
  readonly updates?: string | undefined
}

/** Text that may be told in pieces. */
interface Told extends Updatable {
  readonly text: string
  /**
   * The text is a piece: the next piece with the same kind and key continues it. Pieces are one entry in the end, as soon as
   * another entry follows, or {@link AgentOutput.flush} says that no more will come.
   */
  readonly isPiece?: boolean | undefined
}

/** What the agent was prompted with. The worker reports it, whichever adapter delivers it. */
export interface Prompted extends Updatable {
  readonly kind: 'PROMPT'
  readonly text: string
}

/** What the agent says to people, as markdown. */
export interface Message extends Told {
  readonly kind: 'MESSAGE'
}

/** What the agent says to itself. */
export interface Thought extends Told {
  readonly kind: 'THOUGHT'
}

/** The call of a tool. */
export interface ToolCall extends Updatable {
  readonly kind: 'TOOL_CALL'
  /** What is done, in one line. */
  readonly title?: string | undefined
  readonly toolKind?: ToolKind | undefined
  readonly status?: ToolStatus | undefined
  /** The files that it is about. */
  readonly locations?: readonly Location[] | undefined
  /** What the tool gave back, as text. */
  readonly text?: string | undefined
}

/** A place in a file. */
export interface Location {
  readonly path: string
  readonly line?: number | undefined
}

/** A file that the agent changed. {@link composeHunk} makes the patch of the text before and after. */
export interface Diff extends Updatable {
  readonly kind: 'DIFF'
  readonly path: string
  /** The hunks of a unified diff, without the lines that name the files. */
  readonly text: string
}

/** All that the agent means to do; a later plan stands in the place of this one where it `updates` it. */
export interface Plan extends Updatable {
  readonly kind: 'PLAN'
  readonly steps: readonly Step[]
}

/** A step of a plan. */
export interface Step {
  readonly text: string
  readonly status: StepStatus
}

/** A permission that the agent asked for. */
export interface Permission extends Updatable {
  readonly kind: 'PERMISSION'
  /** What it asks for, in one line. */
  readonly title?: string | undefined
  readonly toolKind?: ToolKind | undefined
  readonly state: PermissionState
  /** The approval that a person was asked by; left out where the agent's definition decided. */
  readonly approvalId?: string | undefined
  /** The word to the agent, or the reason. */
  readonly text?: string | undefined
}

/** What a turn used. A figure that the agent did not give is left out. */
export interface Usage extends Updatable {
  readonly kind: 'USAGE'
  readonly model?: string | undefined
  readonly provider?: string | undefined
  readonly inputTokens?: number | undefined
  readonly cachedTokens?: number | undefined
  readonly outputTokens?: number | undefined
  readonly reasoningTokens?: number | undefined
  /** In millionths of the currency. */
  readonly costMicros?: number | undefined
  /** As `USD`. */
  readonly currency?: string | undefined
  readonly durationMs?: number | undefined
  /** The process and the phase that it was used in: the worker fills them in. */
  readonly executionId?: string | undefined
  readonly phaseId?: string | undefined
}

/** What went wrong, in the agent's own words. */
export interface Failure extends Updatable {
  readonly kind: 'ERROR'
  readonly text: string
  /** Short and stable, as `RATE_LIMITED`. */
  readonly code?: string | undefined
  /** When it may be tried again, in milliseconds since 1970. */
  readonly resetAt?: number | undefined
}

/** What an agent puts out without saying what it is. */
export interface Output extends Told {
  readonly kind: 'OUTPUT'
  readonly stream: OutputStream
}

/** One thing that an agent says, in the transcript of its session. */
export type Entry =
  | Prompted
  | Message
  | Thought
  | ToolCall
  | Diff
  | Plan
  | Permission
  | Usage
  | Failure
  | Output

export type EntryKind = Entry['kind']
