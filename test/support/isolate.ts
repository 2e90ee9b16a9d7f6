import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { networkInterfaces } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Ways to a place in which there is loopback alone, and whose processes end with the first of them: for root, and for others where the
 * system lets them.
 */
const OWN = ['--net', '--pid', '--fork', '--mount-proc', '--kill-child']
const WAYS: readonly (readonly string[])[] = [
  ['unshare', ...OWN],
  ['unshare', '--user', '--map-current-user', '--keep-caps', ...OWN],
]

const LOOPBACK_ONLY = 'PAWL_TEST_ISOLATED'

/** How long what runs there may take to end what it started, in milliseconds. */
const ENDING_TAKES_MS = 30_000

/** Whether this program runs in such a place. */
export function isIsolated(): boolean {
  return process.env[LOOPBACK_ONLY] !== undefined
}

/** @throws Error where more than loopback can be reached from here. */
export function checkIsolated(): void {
  const reached = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  if (reached.some(({ internal }) => !internal))
    throw new Error('more than loopback can be reached from here')
}

/** Thrown where the system has no place from which nothing but loopback can be reached. */
export class NotIsolatedError extends Error {
  override readonly name = 'NotIsolatedError'
}

/**
 * A way to such a place.
 *
 * @param because what is not done elsewhere, and why
 * @throws NotIsolatedError where there is none, with what each way was answered
 */
export function findWay(because: string): readonly string[] {
  const answers: string[] = []
  for (const way of WAYS) {
    const [program = '', ...words] = way
    const { status, error, stderr } = spawnSync(program, [...words, ...up('true && true')], {
      encoding: 'utf8',
    })
    if (status === 0) return way
    answers.push(`  ${program} ${words.join(' ')}: ${(error?.message ?? stderr.trim()) || `exit ${status}`}`)
  }
  throw new NotIsolatedError(
    [
      `No network namespace can be made here: ${because}`,
      ...answers,
      'Needed are unshare and ip (util-linux, iproute2), and root or leave for user namespaces.',
    ].join('\n'),
  )
}

/** A command with loopback up. Not by `exec`: the first process has to reap what others leave. */
function up(command: string): readonly string[] {
  return ['/bin/sh', '-c', `ip link set lo up && ${command}`, 'sh']
}

/**
 * Runs this program again where nothing but loopback can be reached, and returns how it ended. When the signal aborts it ends what it
 * started, and the system ends the rest.
 */
export async function runIsolated(
  [program = '', ...words]: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  const child = spawn(program, [...words, ...up('"$@"; exit $?'), ...again], {
    // told to end by the end of its input, which comes also where this program is killed; signals go to this program alone
    stdio: ['pipe', 'inherit', 'inherit'],
    detached: true,
    env: { ...process.env, [LOOPBACK_ONLY]: '1' },
  })
  child.stdin.on('error', () => undefined)
  const closed = once(child, 'close') as Promise<[number | null]>
  const end = async () => {
    child.stdin.end()
    await Promise.race([closed, sleep(ENDING_TAKES_MS, undefined, { ref: false })])
    child.kill('SIGKILL')
  }
  signal.addEventListener('abort', () => void end(), { once: true })
  const [code] = await closed
  return code ?? 1
}
