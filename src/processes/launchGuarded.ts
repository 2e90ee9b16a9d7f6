import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { ABANDONED, spawnGate } from './launch.ts'
import type { Child, LaunchOptions } from './launch.ts'

/** How a guarded command is launched. */
export interface GuardedOptions extends LaunchOptions {
  /**
   * The file that is created just before the command starts. Where it exists, the command has started or was about
   * to.
   */
  readonly marker: string
}

/** A launched process whose group is killed when this process ends, for any reason. */
export interface GuardedChild extends Omit<Child, 'begin'> {
  /** Starts the command. Resolves with whether it started: false where the process ended at its gate. */
  begin(executionId: string): Promise<boolean>
}

/**
 * Runs in the group without being part of its work: waits for the other end of descriptor 3 to be closed, which
 * the system does when its owner dies, and then kills the group. It ignores signals meant for the group, so that
 * it keeps watching while the others shut down.
 */
const GUARDIAN = `trap '' HUP INT QUIT TERM PIPE USR1 USR2 TSTP
echo "guardian $$" >&3
IFS= read -r line <&3
kill -s KILL 0`

/**
 * Like the gate of `launch`, with a guardian. The guardian is not a child process of the command, which may wait
 * for all of its own. Only the guardian keeps descriptor 3 open.
 */
const GATE = `IFS= read -r PAWL_EXECUTION_ID <&3 || exit ${ABANDONED}
export PAWL_EXECUTION_ID
(/bin/sh -c "$1" pawl-guardian </dev/null >/dev/null 2>&1 &)
echo "$$" >"$2" || exit ${ABANDONED}
echo begun >&3
shift 2
exec "$@" 3<&-`

/**
 * Launches a command in its own process group, which does not outlive this process: a guardian in the group kills
 * it when this process ends. `group.stop` also ends the guardian, so call it when the command has exited, too.
 *
 * @throws the system's error where no process can be created.
 */
export async function launchGuarded(
  command: readonly string[],
  { marker, ...options }: GuardedOptions,
): Promise<GuardedChild> {
  const { pid, group, ended, gate } = await spawnGate(GATE, [GUARDIAN, marker, ...command], options)
  return {
    pid,
    group,
    ended,
    abandon: () => void gate.end(),
    async begin(executionId) {
      group.mark({ executionId })
      const lines = createInterface({ input: gate })
      const closed = once(lines, 'close')
      const told = new Promise<void>((resolve) => {
        let isGuarded = false
        let isDecided = false
        const tell = () => isGuarded && isDecided && resolve()
        const decide = () => {
          isDecided = true
          tell()
        }
        void ended.then(decide)
        lines.on('line', (line) => {
          const guardian = /^guardian (\d+)$/.exec(line)?.[1]
          if (!guardian) return decide()
          group.mark({ guardian: Number(guardian) })
          isGuarded = true
          tell()
        })
      })
      gate.write(`${executionId}\n`)
      await Promise.race([told, closed])
      return hasBegun(marker, pid)
    },
  }
}

/** The shell writes its process id, which becomes the command's, as its last step before `exec`. */
function hasBegun(marker: string, pid: number): boolean {
  try {
    return readFileSync(marker, 'utf8').trim() === String(pid)
  } catch {
    return false
  }
}
