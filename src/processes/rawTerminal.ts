import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { Duplex } from 'node:stream'

/** A terminal whose keys reach this process as they are typed, and whose output is shown as it is. */
export interface RawTerminal {
  /** Makes it what it was before. Resolves when it is. */
  restore(): Promise<void>
}

/**
 * Waits beside this process for its end, which closes descriptor 3, and restores the terminal then: also after SIGKILL. It has a session
 * of its own, so that signals from the terminal do not reach it.
 */
const KEEPER = `kept=$(stty -g) && stty raw -echo && echo raw >&3 || exit
IFS= read -r line <&3
stty "$kept"`

/**
 * Makes the terminal on standard input raw. Node.js can do so as well, but would still translate line ends in what is shown, which
 * programs that draw do not expect.
 *
 * @throws an error where that is not possible
 */
export async function makeTerminalRaw(): Promise<RawTerminal> {
  const keeper = spawn('/bin/sh', ['-c', KEEPER], {
    detached: true,
    stdio: [0, 'ignore', 'ignore', 'pipe'],
  })
  const ended = once(keeper, 'exit')
  const line = keeper.stdio[3] as Duplex
  line.on('error', () => undefined)
  const [answer] = (await Promise.race([once(line, 'data'), ended])) as [unknown]
  if (String(answer).trim() !== 'raw') throw new Error('the terminal can not be made raw')
  return {
    async restore() {
      line.end()
      await ended
    },
  }
}

/** Whether this process may read its terminal: it is not in the background. */
export function isInForeground(): boolean {
  const [group, foreground] = readGroups()
  return group !== undefined && group === foreground
}

/** The group of this process, and that in the foreground of its terminal. */
function readGroups(): (string | undefined)[] {
  if (process.platform === 'linux') {
    const stat = readFileSync('/proc/self/stat', 'utf8')
    const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return [group, foreground]
  }
  const { stdout } = spawnSync('ps', ['-o', 'pgid=,tpgid=', '-p', String(process.pid)], { encoding: 'utf8' })
  return stdout.trim().split(/\s+/)
}
