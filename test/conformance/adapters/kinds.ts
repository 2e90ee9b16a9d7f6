import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Adapter } from '../../../src/adapters/kit/adapter.ts'
import { processAdapter } from '../../../src/adapters/process/processAdapter.ts'
import type { Script } from '../../../src/adapters/scripted/script.ts'
import { commandOf, scriptedAdapter } from '../../../src/adapters/scripted/scriptedAdapter.ts'
import { tmuxAdapter } from '../../../src/adapters/tmux/tmuxAdapter.ts'
import { makeFolder, setUp } from './workbench.ts'
import type { PartOfDefinition, Workbench } from './workbench.ts'

/** Why tests with a terminal can't run here; undefined where they can. */
export const WITHOUT_TMUX =
  spawnSync('tmux', ['-V']).status === 0 ? undefined : 'tmux is not installed here: install the package tmux'

/** A way to reach the same scripted program. */
export interface Kind {
  readonly name: string
  readonly adapter: Adapter
  /** Whether its agents live on where their owner dies, and from prompt to prompt. */
  readonly outlives: boolean
  readonly define: (script: string, state: string) => PartOfDefinition
}

export const KINDS: readonly Kind[] = [
  {
    name: 'process',
    adapter: processAdapter,
    outlives: false,
    define: (script, state) => ({ adapter: 'process', command: commandOf(script, state), prompt: 'stdin' }),
  },
  {
    name: 'scripted',
    adapter: scriptedAdapter,
    outlives: false,
    define: (script) => ({ adapter: 'scripted', command: [script], prompt: 'stdin' }),
  },
  {
    name: 'tmux',
    adapter: tmuxAdapter,
    outlives: true,
    define: (script, state) => ({
      adapter: 'tmux',
      command: commandOf(script, state, true),
      prompt: 'keys',
      terminal: { ready: '^>\\s*$', busy: null, quietSeconds: 1 },
    }),
  },
]

/** Sets up a session of an agent that follows these rules. */
export async function follow(kind: Kind, rules: Script['rules']): Promise<Workbench> {
  const folder = await makeFolder()
  const script = join(folder, 'script.json')
  await writeFile(script, JSON.stringify({ rules }))
  return setUp(kind.adapter, kind.define(script, join(folder, 'used.json')), folder)
}
