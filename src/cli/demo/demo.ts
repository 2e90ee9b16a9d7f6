import type { Pawl } from '@pawl/sdk'
import type { RunningServer } from '../../server/startServer.ts'
import type { CommandRunner } from './commandRunner.ts'
import type { Narrator } from './narrator.ts'

/** Everything that a chapter works with. */
export interface Demo {
  readonly narrator: Narrator
  readonly commands: CommandRunner
  readonly pawl: Pawl
  /** How long the agent waits in each phase, in milliseconds. */
  readonly pace: number
  readonly data: string
  readonly server: RunningServer
  /** Ends whatever listens. */
  readonly signal: AbortSignal
  /** Whether the server stays up after the story. */
  readonly stays: boolean
  /** Whether a person is there to be asked. */
  readonly isWatched: boolean
}

/** Insists that something came out as the story has it: a demonstration that shows anything else has failed. */
export function expectEqual(seen: unknown, told: unknown): void {
  const [is, should] = [JSON.stringify(seen), JSON.stringify(told)]
  if (is !== should) throw new Error(`the story came out differently: ${is} instead of ${should}`)
}
