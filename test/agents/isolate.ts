import { spawnSync } from 'node:child_process'
import { networkInterfaces } from 'node:os'

/** Ways to a network namespace in which there is loopback alone: for root, and for others where the system lets them. */
const WAYS: readonly (readonly string[])[] = [
  ['unshare', '--net'],
  ['unshare', '--user', '--map-current-user', '--keep-caps', '--net'],
]

const LOOPBACK_ONLY = 'PAWL_AGENTS_ISOLATED'

/** Whether nothing but loopback can be reached from here. */
export function isIsolated(): boolean {
  return Object.values(networkInterfaces()).every((addresses) => addresses?.every(({ internal }) => internal))
}

/**
 * Runs this program again where nothing but loopback can be reached, and returns how it ended; undefined where it is there already, or
 * where the system has no such place.
 */
export function runIsolated(): number | undefined {
  if (process.env[LOOPBACK_ONLY] !== undefined) return undefined
  const up = (command: string) => ['/bin/sh', '-c', `ip link set lo up && ${command}`, 'sh']
  const way = WAYS.find(([program = '', ...words]) => {
    return spawnSync(program, [...words, ...up('exec true')]).status === 0
  })
  if (!way) {
    console.warn('No network namespace can be made here: agents can reach whatever this machine can.')
    return undefined
  }
  const [program = '', ...words] = way
  const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  const { status } = spawnSync(program, [...words, ...up('exec "$@"'), ...again], {
    stdio: 'inherit',
    env: { ...process.env, [LOOPBACK_ONLY]: '1' },
  })
  return status ?? 1
}
