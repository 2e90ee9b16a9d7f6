import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { lstatSync, mkdirSync } from 'node:fs'
import { constants, tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Ending } from '../../processes/launch.ts'
import { ProcessGroup } from '../../processes/processGroup.ts'
import { AgentError } from '../kit/adapter.ts'

/** The one pane of a server. */
export interface Pane {
  readonly serverPid: number
  readonly pid: number
  /** How its process ended; null while it lives. */
  readonly ending: Ending | null
}

/** The server's own variable that says who has its agent. */
export const OWNER = '@pawl-owner'

/** The pane of the only session. */
export const PANE = 'agent:'

/** A socket's path is at most this long, in bytes, its end included. */
const MAX_SOCKET_PATH_BYTES = 104

/** What a server prints if another owner has taken its agent in the meantime. */
const TAKEN = 'taken'

/** A tmux server of this session's own, with one pane, reached by its socket, as one owner of its agent sees it. */
export class TmuxServer {
  readonly socket: string
  /** Who this owner is to the server, which knows one at a time: the last to come. */
  readonly owner = randomUUID()

  constructor(socket: string) {
    this.socket = socket
  }

  /** Starts the server with this environment; it becomes that of the pane's command, too. */
  async start(
    config: string,
    command: readonly string[],
    {
      env,
      workspace,
      keep,
    }: {
      readonly env: NodeJS.ProcessEnv
      readonly workspace: string
      readonly keep: readonly number[]
    },
  ): Promise<void> {
    const size = ['-x', '200', '-y', '50']
    const words = ['new-session', '-d', '-s', 'agent', ...size, '-c', workspace, ...command]
    await this.#run(['-u', '-f', config, ...words], env, keep)
  }

  /** Sends commands to the server and returns what it prints. It executes them even if the caller no longer waits. */
  ask(...words: string[]): Promise<string> {
    return this.#run(words, {})
  }

  /** Takes the agent: its previous owner can no longer type into it or end it. */
  async take(): Promise<void> {
    await this.ask('set-option', '-s', OWNER, this.owner)
  }

  /** Whether another owner has taken the agent in the meantime; false also if no server listens. */
  async isTaken(): Promise<boolean> {
    const owner = await this.ask('show-options', '-sqv', OWNER).catch(() => '')
    return owner !== '' && owner.trim() !== this.owner
  }

  /**
   * Has the server execute commands, or nothing if another owner has taken the agent in the meantime; the check is part of the same command list.
   *
   * @throws AgentError AGENT_TAKEN
   */
  async askAsOwner(commands: string): Promise<void> {
    const isMine = `#{==:#{${OWNER}},${this.owner}}`
    const printed = await this.ask('if-shell', '-F', isMine, commands, `display-message -p ${TAKEN}`)
    if (printed.trim() !== TAKEN) return
    throw new AgentError(
      'RECOVERABLE',
      'AGENT_TAKEN',
      'another owner has taken the agent',
      'Leave it to that owner; this one has lost its run.',
    )
  }

  /** The pane; null where no server listens. */
  async findPane(): Promise<Pane | null> {
    const format = '#{pid} #{pane_pid} #{pane_dead} #{pane_dead_status} #{pane_dead_signal}.'
    const printed = await this.ask('list-panes', '-a', '-F', format).catch(() => '')
    const fields = /^(\d+) (\d+) ([01]) (\d*) (\w*)\.$/m.exec(printed)
    if (!fields) return null
    const [, serverPid, pid, isDead, status, signal] = fields
    const ending = isDead === '1' ? endingOf(status ?? '', signal ?? '') : null
    return { serverPid: Number(serverPid), pid: Number(pid), ending }
  }

  /** What the screen shows. */
  readScreen(): Promise<string> {
    return this.ask('capture-pane', '-p', '-t', PANE)
  }

  async #run(
    words: readonly string[],
    env: NodeJS.ProcessEnv,
    keep: readonly number[] = [],
  ): Promise<string> {
    const { PATH, HOME } = process.env
    const child = spawn('tmux', ['-S', this.socket, ...words], {
      env: { PATH, HOME, ...env },
      // Not in this process's group, where a key pressed at its terminal would end it in the middle.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', ...keep],
    })
    const { stdout, stderr } = child as ChildProcessByStdio<null, Readable, Readable>
    const code = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    const [printed, complaint, exitCode] = await Promise.all([text(stdout), text(stderr), code])
    if (exitCode === 0) return printed
    throw new AgentError(
      'RECOVERABLE',
      'TMUX_FAILED',
      `tmux ${words.find((word) => /^[a-z]+-/.test(word)) ?? ''} failed: ${complaint.trim() || `exit ${exitCode}`}`,
      'See whether tmux works on the machine of the worker.',
    )
  }
}

/**
 * Where the server of a session listens: in its private folder, or, where that path is too long for a socket, in a folder of
 * this user's among the temporary ones.
 *
 * @throws AgentError where somebody else has that folder.
 */
export function findSocket(stateDir: string): string {
  const near = join(stateDir, 'tmux')
  if (Buffer.byteLength(near) < MAX_SOCKET_PATH_BYTES) return near
  const folder = join(tmpdir(), `pawl-${userInfo().uid}`)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const { mode, uid } = lstatSync(folder)
  if ((mode & 0o170_077) !== 0o040_000 || uid !== userInfo().uid)
    throw new AgentError(
      'HUMAN_REQUIRED',
      'FOLDER_UNSAFE',
      `${folder} is not a folder of this user's alone`,
      'Remove it, or give the worker a `state` folder with a shorter path.',
    )
  return join(folder, createHash('sha256').update(stateDir).digest('hex').slice(0, 24))
}

/** Ends a terminal and what runs in it. Returns whether nothing of it is left; null where there was none. */
export async function endTerminal(server: TmuxServer, killAfterMs: number): Promise<boolean | null> {
  const pane = await server.findPane()
  if (!pane) return null
  const limits = { killAfterMs, mustKill: () => false }
  const isAgentGone = await new ProcessGroup(pane.pid).stop(limits)
  return (await new ProcessGroup(pane.serverPid).stop(limits)) && isAgentGone
}

function endingOf(status: string, signal: string): Ending {
  const name = Object.entries(constants.signals).find(
    ([known, number]) => String(number) === signal || known === signal || known === `SIG${signal}`,
  )?.[0] as NodeJS.Signals | undefined
  return { exitCode: name || status === '' ? null : Number(status), signal: name ?? null }
}
