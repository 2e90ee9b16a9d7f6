import type { Caller, Commands, Writer } from '../../src/commands/kit/context.ts'
import { openWriter } from '../../src/commands/kit/openWriter.ts'
import { DEFAULT_SETTINGS, type Settings } from '../../src/lifecycle/run/settings.ts'
import { openValidator } from '../../src/validation/validator.ts'
import type { Store } from '../../src/store/sql/openStore.ts'

/** One caller of each role, not limited to a project. */
export type TestCallers = Readonly<Record<'operator' | 'worker' | 'admin' | 'viewer', Caller>>

const caller = (name: string, role: Caller['role']): Caller => ({
  principalId: `prn_${name}`,
  name,
  role,
  projects: [],
  agent: null,
})

/** One caller of each role, the same in every test and in the processes that a test starts. */
export const CALLERS: TestCallers = {
  operator: caller('olga', 'OPERATOR'),
  worker: caller('wanda', 'WORKER'),
  admin: caller('adam', 'ADMIN'),
  viewer: caller('vera', 'VIEWER'),
}

/** One thread for all files of a test process; it does not keep the process alive. */
const validator = openValidator()

const writers: Writer[] = []

/** Makes every server of this process load the run anew: a test has changed its rows without a revision. */
export async function forgetRun(runId: string): Promise<void> {
  const lookup = { runId, namedId: null, operation: '', key: null, scope: null }
  for (const writer of writers) await writer.recall(lookup)
}

/** Opens a writer whose runs `forgetRun` forgets. */
export function openForgetfulWriter(store: Store): Writer {
  const writer = openWriter(store)
  writers.push(writer)
  return writer
}

/** Creates the use cases on a store; notifications are ignored, and an AGENT token is a readable string. */
export function toCommands(store: Store, settings: Partial<Settings> = {}): Commands {
  return {
    store,
    writer: openForgetfulWriter(store),
    settings: { ...DEFAULT_SETTINGS, ...settings },
    validator,
    announce: () => undefined,
    mintAgentToken: (runId, fence) => `agent of ${runId} under ${fence}`,
    mintPageToken: ({ runId, tokenId }) => `page of ${runId} by ${tokenId}`,
    whyReserved: () => null,
    hasOlderServers: () => false,
  }
}

/** The AGENT caller of a claim. */
export function agentOf(runId: string, fence: number): Caller {
  return {
    principalId: `${runId}#${fence}`,
    name: 'agent',
    role: 'AGENT',
    projects: [],
    agent: { runId, fence },
  }
}
