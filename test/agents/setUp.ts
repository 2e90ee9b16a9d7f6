import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { findUrl, PAWL } from './server.ts'

/** What `pawl init` has started. */
export interface SetUp {
  readonly url: string
  /** Ends server, worker and agents. */
  end(): Promise<void>
}

/** Calls `pawl init` for an agent in a folder. @throws Error where it starts nothing */
export async function startSetUp(
  agent: string,
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<SetUp> {
  const words = ['init', '--yes', '--agent', agent, '--port', '0']
  const child = spawn(process.execPath, [PAWL, ...words], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = once(child, 'close')
  return {
    url: await findUrl(child),
    end: async () => {
      // the first asks it to finish what runs, the second to end at once
      for (const _ of [1, 2]) child.kill('SIGINT')
      await closed
    },
  }
}
