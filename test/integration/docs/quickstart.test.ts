import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { PAWL } from '../cli/pawl.ts'
import { startChild } from '../../support/startChild.ts'

const PAGE = join(import.meta.dirname, '../../../docs/quickstart.md')
/** What is called in the first terminal, and is left running there. */
const START = 'pawl init --yes --command ./agent.sh'

/** A shell with something under way. */
interface Terminal {
  readonly printed: () => string
  until(pattern: RegExp): Promise<void>
  signal(signal: NodeJS.Signals): void
  readonly ended: Promise<unknown>
}

/** A person at two terminals, in a folder and with a HOME of their own. */
async function sitDown() {
  const home = await mkdtemp(join(tmpdir(), 'pawl-quickstart-'))
  const bin = join(home, 'bin')
  const env = {
    PATH: `${bin}:${process.env['PATH']}`,
    HOME: home,
    GIT_AUTHOR_NAME: 'A person',
    GIT_AUTHOR_EMAIL: 'person@example.com',
    GIT_COMMITTER_NAME: 'A person',
    GIT_COMMITTER_EMAIL: 'person@example.com',
  }
  const started: { readonly child: ChildProcess; readonly ended: Promise<unknown> }[] = []
  onTestFinished(async () => {
    for (const { child } of started) kill(-(child.pid ?? 0), 'SIGKILL')
    await Promise.all(started.map(({ ended }) => ended))
    await rm(home, { recursive: true, force: true, maxRetries: 3 })
  })
  let scripts = 0
  /** Types these lines: from a file, so that a search for processes finds what they start and not themselves. */
  const type = async (lines: string): Promise<Terminal> => {
    scripts += 1
    const script = join(home, `typed-${scripts}.sh`)
    const alias = `shopt -s expand_aliases\nalias pawl='"${process.execPath}" "${PAWL}"'\n`
    await writeFile(script, `set -e\n${alias}cd "${home}"\n[ -d hello ] && cd hello\n${lines}`)
    const child = startChild('bash', [script], { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    let printed = ''
    const listeners = new Set<() => void>()
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        printed += String(chunk)
        listeners.forEach((listener) => listener())
      })
    const ended = once(child, 'close')
    started.push({ child, ended })
    void ended.then(() => listeners.forEach((listener) => listener()))
    return {
      printed: () => printed,
      ended,
      signal: (signal) => kill(-(child.pid ?? 0), signal),
      until: (pattern) =>
        new Promise((resolve, reject) => {
          const look = () => {
            if (pattern.test(printed)) resolve()
            else if (child.exitCode !== null) reject(new Error(`ended without ${pattern}:\n${printed}`))
          }
          listeners.add(look)
          look()
        }),
    }
  }
  /** Types these lines and waits for their end. */
  const run = async (lines: string): Promise<string> => {
    const terminal = await type(lines)
    await terminal.ended
    return terminal.printed()
  }
  return { home, type, run }
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    // it is gone already
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function readBlocks(): Promise<string[]> {
  const page = await readFile(PAGE, 'utf8')
  return [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block)
}

it('leads from nothing to merged work, and through a kill, by its own commands', async () => {
  const [
    get = '',
    setUp = '',
    check = '',
    start = '',
    runIt = '',
    look = '',
    decide = '',
    merge = '',
    crash = '',
    follow = '',
  ] = await readBlocks()
  expect(get).toMatch(/npm ci\nalias pawl=/)
  expect(start.trim()).toBe(START)
  const { run, type } = await sitDown()

  await run(setUp)
  expect(await run(check)).toContain('everything is there')
  const first = await type(start)
  await first.until(/listens on [^]*sign-in/)

  const following = await type(runIt)
  await following.until(/a person has to decide/)
  following.signal('SIGINT')
  await following.ended
  const looked = await run(look)
  expect(looked).toMatch(/AWAITING_APPROVAL .*Say hello/)
  expect(looked).toContain('I think about it.')
  expect(looked).toContain('+hello')
  const decided = await run(decide)
  expect(decided).toContain('APPROVED')
  // the list may be older than the last step
  await first.until(/left it COMPLETED/)
  const [, id = ''] = /(run_\w+)\s+COMPLETED/.exec(await run('pawl run list')) ?? []
  expect(await run(merge.replace('RUN', id.slice(-7)))).toMatch(/merged into .*\nhello\n/)

  await run(crash)
  await first.ended
  const again = await type(start)
  await again.until(/listens on [^]*sign-in/)
  const log = await type(follow)
  await log.until(/APPROVAL_REQUESTED/)
  log.signal('SIGINT')
  again.signal('SIGINT')
  await again.ended
  expect(again.printed()).toContain('stopping')
}, 180_000)
