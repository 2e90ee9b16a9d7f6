import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ABANDONED } from '../../processes/launch.ts'
import { ProcessGroup } from '../../processes/processGroup.ts'
import { AgentError } from '../kit/adapter.ts'
import { identify } from '../kit/handle.ts'
import type { AgentHandle, ProcessIdentity } from '../kit/handle.ts'
import { RECORDER } from './paneOutput.ts'
import type { PaneOutput } from './paneOutput.ts'
import { OWNER, PANE } from './tmuxServer.ts'
import type { TmuxServer } from './tmuxServer.ts'

/** What is started in a pane. */
export interface PaneOptions {
  readonly server: TmuxServer
  readonly stateDir: string
  readonly workspace: string
  readonly command: readonly string[]
  readonly env: NodeJS.ProcessEnv
  /** Descriptors that the server keeps open, whatever becomes of its pane. */
  readonly keep: readonly number[]
  readonly output: PaneOutput
  /** Records the processes while the command waits at its gate. Returns its execution's id. */
  readonly record: (leader: ProcessIdentity, server: NonNullable<AgentHandle['server']>) => Promise<string>
}

/** The dead pane stays, so that its end is known; keys mean nothing to tmux itself; nobody else's settings count. */
const CONFIG = `set -g remain-on-exit on
set -g status off
set -g prefix None
set -g destroy-unattached off
set -g default-terminal screen-256color
set -g history-limit 5000
set -s escape-time 0
`

/** As the gate of \`launch\`, told by tmux. A server that ends opens no gate. */
const GATE = `tmux -S "$1" wait-for pawl-gate && IFS= read -r PAWL_EXECUTION_ID <"$2" || exit ${ABANDONED}
export PAWL_EXECUTION_ID
unset TMUX TMUX_PANE PAWL_TERMINAL_OUTPUT PAWL_TERMINAL_AT
shift 2
exec "$@"`

/**
 * Starts a command in a pane of a new server. It is recorded, and its output is, before it does anything.
 *
 * @throws AgentError; nothing is left then.
 */
export async function startPane(options: PaneOptions): Promise<void> {
  const { server, stateDir, workspace, command, keep, output, record } = options
  const config = join(stateDir, 'tmux.conf')
  const gate = join(stateDir, 'gate')
  await writeFile(config, `${CONFIG}set -s ${OWNER} ${server.owner}\n`)
  await rm(gate, { force: true })
  const env = {
    ...options.env,
    PAWL_TERMINAL_OUTPUT: output.folder,
    PAWL_TERMINAL_AT: String(output.end),
  }
  await server.start(config, ['/bin/sh', '-c', GATE, 'pawl', server.socket, gate, ...command], {
    env,
    workspace,
    keep,
  })
  const pane = await server.findPane()
  if (!pane) throw notStarted('its terminal was gone at once')
  const leader = identify(pane.pid)
  try {
    await server.ask('pipe-pane', '-t', PANE, RECORDER)
    const executionId = await record(leader, { ...identify(pane.serverPid), socket: server.socket })
    await writeFile(gate, `${executionId}\n`, { mode: 0o600 })
    await server.ask('wait-for', '-S', 'pawl-gate')
  } catch (error) {
    const atOnce = { killAfterMs: 0, mustKill: () => true }
    await new ProcessGroup(pane.pid).stop(atOnce)
    await new ProcessGroup(pane.serverPid).stop(atOnce)
    throw error
  }
}

function notStarted(because: string): AgentError {
  return new AgentError(
    'RECOVERABLE',
    'AGENT_NOT_STARTED',
    `the agent could not be started: ${because}`,
    'See whether tmux works on the machine of the worker.',
  )
}
