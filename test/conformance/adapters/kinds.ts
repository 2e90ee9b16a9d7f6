import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { acpAdapter } from '../../../src/adapters/acp/acpAdapter.ts'
import type { Adapter } from '../../../src/adapters/kit/adapter.ts'
import { processAdapter } from '../../../src/adapters/process/processAdapter.ts'
import type { Script } from '../../../src/adapters/scripted/script.ts'
import { commandOf, scriptedAdapter } from '../../../src/adapters/scripted/scriptedAdapter.ts'
import { tmuxAdapter } from '../../../src/adapters/tmux/tmuxAdapter.ts'
import { toTypeable } from '../../../src/adapters/tmux/typeable.ts'
import { acpCommand } from '../../support/acpCommand.ts'
import { makeFolder, setUp } from './workbench.ts'
import type { PartOfDefinition, Workbench } from './workbench.ts'

/** Why tests with a terminal can't run here; undefined where they can. */
export const WITHOUT_TMUX =
  spawnSync('tmux', ['-V']).status === 0 ? undefined : 'tmux is not installed here: install the package tmux'

/** A way to reach the same scripted program. */
export interface Kind {
  readonly name: string
  readonly adapter: Adapter
  /** Whether its agents live on where their owner dies. */
  readonly outlives: boolean
  /** Whether its agents live on from prompt to prompt. */
  readonly stays: boolean
  /** Whether they can be steered in their turn, and what they then say that they heard. */
  readonly hears: ((text: string) => string) | null
  readonly define: (script: string, state: string) => PartOfDefinition
}

export const KINDS: readonly Kind[] = [
  {
    name: 'acp',
    adapter: acpAdapter,
    outlives: false,
    stays: true,
    hears: (text) => text,
    define: (script, state) => ({ adapter: 'acp', command: acpCommand(script, state), prompt: null }),
  },
  {
    name: 'process',
    adapter: processAdapter,
    outlives: false,
    stays: false,
    hears: null,
    define: (script, state) => ({ adapter: 'process', command: commandOf(script, state), prompt: 'stdin' }),
  },
  {
    name: 'scripted',
    adapter: scriptedAdapter,
    outlives: false,
    stays: false,
    hears: null,
    define: (script) => ({ adapter: 'scripted', command: [script], prompt: 'stdin' }),
  },
  {
    name: 'tmux',
    adapter: tmuxAdapter,
    outlives: true,
    stays: true,
    hears: (text) => toTypeable(text),
    define: (script, state) => ({
      adapter: 'tmux',
      command: commandOf(script, state, true),
      prompt: 'keys',
      terminal: { ready: '^>\\s*$', readySeconds: 60, steer: '^scripted agent', busy: null, quietSeconds: 1 },
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
