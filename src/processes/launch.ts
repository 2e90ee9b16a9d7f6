import { spawn } from 'node:child_process'
import type { StdioOptions } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import type { Duplex } from 'node:stream'
import { ProcessGroup } from './processGroup.ts'
import { findProcess } from './processTable.ts'

/** How a process ended: by exiting with a code, or by a signal. */
export interface Ending {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
}

/** How a command is launched. */
export interface LaunchOptions {
  readonly env: NodeJS.ProcessEnv
  /** The working directory. Default: this process's. */
  readonly cwd?: string
  /** The standard streams: this process's own, or open files. Default: all of them `inherit`. */
  readonly streams?: readonly ('inherit' | number)[]
  /**
   * Additional descriptors that the command and its child processes inherit: locks that are held as long as any of
   * them lives.
   */
  readonly keep?: readonly number[]
  /** The terminal, by its path, that becomes the controlling one of the command. Default: it has none. */
  readonly terminal?: string | undefined
  /** Descriptors of this process that the command would inherit and must not have. */
  readonly withhold?: readonly number[] | undefined
}

/** A launched process that is blocked until `begin` is called. */
export interface Child {
  readonly pid: number
  readonly group: ProcessGroup
  /** Resolves when the process itself has exited; others of its group may still be alive. */
  readonly ended: Promise<Ending>
  /** Starts the command, with the execution's id in its environment. */
  begin(executionId: string): void
  /** Ends the process without starting the command. */
  abandon(): void
}

/** The exit code of a process whose command was never started. */
export const ABANDONED = 125

/**
 * Waits for a line on descriptor 3, then becomes the command by `exec`. The process thus exists, and can be
 * recorded, before the command does anything; and the command keeps its process id.
 */
const GATE = `IFS= read -r PAWL_EXECUTION_ID <&3 || exit ${ABANDONED}
export PAWL_EXECUTION_ID
exec "$@" 3<&-`

/** Before that: the first terminal that the leader of a session opens becomes the session's. */
const TERMINAL_GATE = `: <"$1" || exit ${ABANDONED}
shift
${GATE}`

/**
 * Launches a command in its own process group, blocked until `begin` is called.
 *
 * @throws the system's error where no process can be created.
 */
export async function launch(command: readonly string[], options: LaunchOptions): Promise<Child> {
  const { terminal } = options
  const script = terminal === undefined ? GATE : TERMINAL_GATE
  const words = terminal === undefined ? command : [terminal, ...command]
  const { pid, group, ended, gate } = await spawnGate(script, words, options)
  return {
    pid,
    group,
    ended,
    begin: (executionId) => void gate.end(`${executionId}\n`),
    abandon: () => void gate.end(),
  }
}

/** A shell blocked at its gate: it reads its input from `gate`, its descriptor 3. */
export interface Gated extends Pick<Child, 'pid' | 'group' | 'ended'> {
  readonly gate: Duplex
}

/** Starts a shell with this script and these arguments in its own process group. */
export async function spawnGate(
  script: string,
  words: readonly string[],
  { env, cwd, streams = ['inherit', 'inherit', 'inherit'], keep = [], withhold = [] }: LaunchOptions,
): Promise<Gated> {
  const stdio: Exclude<StdioOptions, string> = [...streams, 'pipe', ...keep]
  const nothing = withhold.length > 0 ? openSync('/dev/null', 'r') : undefined
  // What has their numbers in the command is something else.
  for (const number of withhold) {
    while (stdio.length < number) stdio.push('ignore')
    stdio[number] ??= nothing
  }
  const child = spawn('/bin/sh', ['-c', script, 'pawl', ...words], { env, cwd, detached: true, stdio })
  if (nothing !== undefined) closeSync(nothing)
  const ended = new Promise<Ending>((resolve) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }))
  })
  await new Promise((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', reject)
  })
  const gate = child.stdio[3] as Duplex
  // A process that was killed at the gate no longer reads, so that writes fail with EPIPE.
  gate.on('error', () => undefined)
  const pid = child.pid as number
  const startedAt = findProcess(pid)?.startedAt
  return { pid, group: new ProcessGroup(pid, startedAt === undefined ? {} : { startedAt }), ended, gate }
}
