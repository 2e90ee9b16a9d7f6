import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { ABANDONED, spawnGate } from './launch.ts'
import type { Child, LaunchOptions } from './launch.ts'

/** How a guarded command is launched. */
export interface GuardedOptions extends LaunchOptions {
  /** The file that is made just before the command begins. Where it is there, the command has begun, or was about to. */
  readonly marker: string
}

/** A launched process whose group ends with this process, however this one ends. */
export interface GuardedChild extends Omit<Child, 'begin'> {
  /** Lets the command begin. Resolves with whether it did: false where it ended at its gate. */
  begin(executionId: string): Promise<boolean>
}

/**
 * Runs in the group, and takes no part in it: waits for the other end of descriptor 3 to be closed, which the system does
 * when its owner dies, and then kills the group. Signals meant for the group pass it by, so that it watches on while the
 * others take their time over them.
 */
const GUARDIAN = `trap '' HUP INT QUIT TERM PIPE USR1 USR2 TSTP
echo "guardian $$" >&3
IFS= read -r line <&3
kill -s KILL 0`

/**
 * As the gate of \`launch\`. The guardian is no child of the command's, which may wait for all of its own. The descriptor
 * is its alone.
 */
const GATE = `IFS= read -r PAWL_EXECUTION_ID <&3 || exit ${ABANDONED}
export PAWL_EXECUTION_ID
(/bin/sh -c "$1" pawl-guardian </dev/null >/dev/null 2>&1 &)
echo "$$" >"$2" || exit ${ABANDONED}
echo begun >&3
shift 2
exec "$@" 3<&-`

/**
 * Launches a command in a process group of its own that does not outlive this process: a guardian in it kills it then. The
 * guardian ends with \`group.stop\`, which is therefore called at the command's end, too.
 *
 * @throws the system's error where no process can be made.
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

/** The shell writes its process id, which becomes the command's, as its last deed. */
function hasBegun(marker: string, pid: number): boolean {
  try {
    return readFileSync(marker, 'utf8').trim() === String(pid)
  } catch {
    return false
  }
}
