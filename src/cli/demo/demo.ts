import type { Pawl } from '@pawl/sdk'
import type { RunningServer } from '../../server/startServer.ts'
import type { ChosenAgent } from './chooseAgent.ts'
import type { CommandRunner } from './commandRunner.ts'
import type { Narrator } from './narrator.ts'

/** What every chapter of the demonstration works with. */
export interface Demo {
  readonly narrator: Narrator
  readonly commands: CommandRunner
  readonly pawl: Pawl
  /** How long the agent waits in each phase, in milliseconds. */
  readonly pace: number
  readonly data: string
  readonly server: RunningServer
  /** Aborts when the demonstration is interrupted. */
  readonly signal: AbortSignal
  /** Whether the server keeps running afterwards. */
  readonly stays: boolean
  /** Whether only the first chapter is shown, and the one of the agent that was named. */
  readonly isShort: boolean
  /** The agent that was named for the workers; null: the example's. */
  readonly agent: ChosenAgent | null
  /** Whether a person is at the terminal to be asked. */
  readonly isWatched: boolean
}

/** Fails the demonstration unless the actual value equals the expected one. */
export function expectEqual(actual: unknown, expected: unknown): void {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (is !== should) throw new Error(`the demonstration failed: ${is} instead of ${should}`)
}
