import type { LeaseKeeper } from '@pawl/sdk'
import type { Invocation } from '../kit/invocation.ts'
import { safeText } from '../terminal/width.ts'
import { CommandTranscript } from './commandTranscript.ts'
import { openRelay, planRelay } from './relayOutput.ts'
import type { OutputRelay } from './relayOutput.ts'

/** Where what the command prints goes. */
export interface CommandOutput extends Omit<OutputRelay, 'close'> {
  /** Takes what is left once the command has ended, and writes the rest of the transcript; once, however often it is called. */
  end(): Promise<void>
}

/** The command has this process's own streams, and nothing of what it prints is kept. */
export const INHERITED_OUTPUT: CommandOutput = {
  streams: ['inherit', 'inherit', 'inherit'],
  launched: () => undefined,
  end: async () => undefined,
}

/**
 * Opens what the command prints to. What goes to no terminal passes through this process, and is kept as the transcript of a session
 * of the run. Where that can't be, for whatever reason, the command runs all the same.
 *
 * @param env the command's environment
 */
export async function openCommandOutput(
  invocation: Invocation,
  keeper: LeaseKeeper,
  env: NodeJS.ProcessEnv,
): Promise<CommandOutput> {
  const plan = planRelay()
  if (!plan) return INHERITED_OUTPUT
  let transcript: CommandTranscript | undefined
  try {
    const kept = (transcript = await CommandTranscript.open(invocation.pawl, keeper, env))
    const relay = await openRelay(plan, kept)
    let ended: Promise<void> | undefined
    return { ...relay, end: () => (ended ??= endOutput(invocation, relay, kept)) }
  } catch (error) {
    await transcript?.close()
    invocation.note(`what the command prints is not kept: ${describe(error)}`)
    return INHERITED_OUTPUT
  }
}

async function endOutput(
  invocation: Invocation,
  relay: OutputRelay,
  transcript: CommandTranscript,
): Promise<void> {
  relay.close()
  if (!(await transcript.close())) invocation.note('the transcript lacks the end of what the command printed')
}

function describe(error: unknown): string {
  return safeText(error instanceof Error ? error.message : String(error))
}
