import type { LeaseKeeper } from '@pawl/sdk'
import type { Invocation } from '../kit/invocation.ts'
import { safeText } from '../terminal/width.ts'
import type { CommandTranscript } from './commandTranscript.ts'
import { openRelay } from './relayOutput.ts'
import type { OutputListener, OutputRelay } from './relayOutput.ts'

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
 * Opens what the command prints to. It passes through this process, and is kept as the transcript of a session of the run. Where that
 * can't be, for whatever reason, the command runs all the same.
 *
 * @param env the command's environment
 */
export async function openCommandOutput(
  invocation: Invocation,
  keeper: LeaseKeeper,
  env: NodeJS.ProcessEnv,
): Promise<CommandOutput> {
  const tell = (error: unknown) => invocation.note(`what the command prints is not kept: ${describe(error)}`)
  let transcript: CommandTranscript | undefined
  const listener: OutputListener = {
    write: (bytes) => transcript?.write(bytes),
    writeErrors: (bytes) => transcript?.writeErrors(bytes),
  }
  let relay: OutputRelay | null = null
  try {
    relay = await openRelay(listener, tell)
    if (relay === null) return INHERITED_OUTPUT
    if (relay.terminal !== undefined) invocation.err.lineEnd = '\r\n'
    // loaded by this command alone
    const opening = await import('./commandTranscript.ts')
    transcript = await opening.CommandTranscript.open(invocation.pawl, keeper, env)
  } catch (error) {
    await closeRelay(invocation, relay)
    tell(error)
    return INHERITED_OUTPUT
  }
  const [opened, kept] = [relay, transcript]
  let ended: Promise<void> | undefined
  const end = async () => {
    await closeRelay(invocation, opened)
    if (!(await kept.close())) invocation.note('the transcript lacks the end of what the command printed')
  }
  return { ...opened, end: () => (ended ??= end()) }
}

async function closeRelay({ err }: Invocation, relay: OutputRelay | null): Promise<void> {
  await relay?.close()
  err.lineEnd = '\n'
}

function describe(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return safeText(message.split('\n')[0] ?? '')
}
