import { existsSync, readFileSync, statSync } from 'node:fs'
import { chmod, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { JsonValue, TranscriptEntryInput } from '@pawl/sdk'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { DISCARDED_OUTPUT } from '../../../src/adapters/kit/adapter.ts'
import type { Agent } from '../../../src/adapters/kit/adapter.ts'
import type { Script } from '../../../src/adapters/scripted/script.ts'
import { findSocket, TmuxServer } from '../../../src/adapters/tmux/tmuxServer.ts'
import { TranscriptWriter } from '../../../src/adapters/transcript/transcriptWriter.ts'
import type { Appended } from '../../../src/adapters/transcript/transcriptWriter.ts'
import { findProcess, isLiving } from '../../../src/processes/processTable.ts'
import { follow, KINDS, WITHOUT_TMUX } from '../../conformance/adapters/kinds.ts'
import { AT_ONCE, makeFolder, never, NO_HURRY, setUp, until } from '../../conformance/adapters/workbench.ts'
import type { Workbench } from '../../conformance/adapters/workbench.ts'

const kind = KINDS.find(({ name }) => name === 'tmux')!
const open = (...rules: Script['rules']) => follow(kind, rules)
const prompt = (text: string) => ({ key: text, text })

interface Kept {
  readonly leader: { pid: number; startedAt: string }
  readonly server: { pid: number; startedAt: string; socket: string }
}
const handleOf = (bench: Workbench) => bench.handles.at(-1) as JsonValue & Kept

if (WITHOUT_TMUX) console.warn(`skipped: ${WITHOUT_TMUX}`)

/** A program in a terminal that is no scripted agent. */
async function openShell(line: string, terminal: Readonly<Record<string, unknown>>) {
  const bench = await setUp(kind.adapter, {
    adapter: 'tmux',
    command: ['/bin/sh', '-c', line],
    prompt: 'keys',
  })
  const { terminal: defaults } = bench.definition
  return { bench, definition: { ...bench.definition, terminal: { ...defaults, ...terminal } } }
}

describe.skipIf(WITHOUT_TMUX !== undefined)('an agent in a terminal', () => {
  it.each([
    ['shows no prompt that is known', { ready: '^agent> $', readySeconds: 1 }],
    ['is not said to show one', { ready: null }],
  ])('is typed nothing into where it %s, and a person is told what it shows', async (_, terminal) => {
    const dialog = `echo 'Do you trust this folder?'; printf '[Enter] yes '; read -r _; touch trusted; sleep 60`
    const { bench, definition } = await openShell(dialog, { steer: '^agent at work$', ...terminal })
    const agent = await bench.open({ definition })
    await expect(agent.send(prompt('go'))).rejects.toMatchObject({
      code: 'TERMINAL_NOT_READY',
      errorClass: 'HUMAN_REQUIRED',
      message: expect.stringMatching(/Do you trust this folder\?|does not say/),
    })
    expect(await agent.steer('yes')).toBe(false)
    expect(await agent.hasReceived('go')).toBe(false)
    expect(existsSync(join(bench.workspace, 'trusted'))).toBe(false)
  })

  it('gets its first prompt when it has drawn its screen, and not before', async () => {
    const slow = `sleep 1.5; printf 'loading\\n'; sleep 1.5; stty -echo; printf 'agent> '; read -r line; echo "heard $line"; sleep 60`
    const { bench, definition } = await openShell(slow, { ready: '^agent>' })
    const agent = await bench.open({ definition })
    await agent.send(prompt('the first prompt'))
    await bench.untilPrinted('heard the first prompt')
  })

  it(
    'is left alone by an owner that comes late, when another has taken it',
    { tags: 'thorough' },
    async () => {
      const bench = await open(
        { prompt: 'first', do: [{ say: 'begun' }, { awaitFile: 'go-on' }, { say: 'finished' }] },
        { prompt: 'second', do: [{ say: 'second answer' }] },
      )
      const late = await bench.open()
      await late.send(prompt('first'))
      await bench.untilPrinted('begun')
      const next = await bench.open()
      await expect(late.steer('do something else')).rejects.toMatchObject({ code: 'AGENT_TAKEN' })
      await expect(late.send(prompt('third'))).rejects.toMatchObject({ code: 'AGENT_TAKEN' })
      expect(await late.hasReceived('third')).toBe(false)
      expect(await late.stop(AT_ONCE, 'CANCELLED')).toBe(false)
      await late.close()
      expect(bench.ends.size).toBe(0)
      await writeFile(join(bench.workspace, 'go-on'), '')
      expect(await next.turnOver(never())).toMatchObject({ exit: null })
      await next.send(prompt('second'))
      await bench.untilPrinted('second answer')
      expect(bench.said()).not.toContain('third')
      expect(bench.said()).not.toContain('something else')
      expect(await next.stop(AT_ONCE, 'CANCELLED')).toBe(true)
      expect(bench.processes()).toEqual([])
    },
  )

  it('finds the token of its owner where it was told, also that of the next', async () => {
    const bench = await open({ do: [{ say: 'up' }, { silence: true }] })
    const first = await bench.open()
    await first.send(prompt('go'))
    await bench.untilPrinted('up')
    const environment = readFileSync(`/proc/${bench.pids.at(-1)}/environ`, 'utf8').split('\0')
    const told = environment.find((line) => line.startsWith('PAWL_TOKEN_FILE='))?.split('=')[1] ?? ''
    expect(readFileSync(told, 'utf8')).toBe('pawl_of_this_test\n')
    await first.close()
    await bench.open({ env: { ...bench.context().env, PAWL_TOKEN: 'pawl_of_the_next' } })
    expect(readFileSync(told, 'utf8')).toBe('pawl_of_the_next\n')
    expect(statSync(told).mode & 0o777).toBe(0o600)
  })

  it(
    'loses and repeats nothing of its output over owners who die in the middle of it',
    { tags: 'thorough' },
    async () => {
      const bench = await open({
        do: [
          {
            run: [
              'sh',
              '-c',
              'for i in $(seq 3000); do echo "line $i"; [ $((i % 50)) = 0 ] && sleep 0.02; done; echo that was all',
            ],
          },
        ],
      })
      const chunks: string[] = []
      let isDead = false
      let appends = 0
      const append = async (fromSeq: number, entries: TranscriptEntryInput[]): Promise<Appended> => {
        const texts = entries.map(({ output }) => output?.text ?? '')
        // A dead owner's last append may arrive or not, and nobody hears of it.
        if (isDead) return new Promise<never>(() => undefined)
        if (fromSeq > chunks.length + 1)
          return { __typename: 'TranscriptGap', expectedSeq: chunks.length + 1 }
        chunks.push(...texts.slice(chunks.length + 1 - fromSeq))
        appends += 1
        if (appends % 5 === 3) {
          isDead = true
          return new Promise<never>(() => undefined)
        }
        return { __typename: 'AppendTranscriptSuccess', nextSeq: chunks.length + 1 }
      }
      let agent: Agent | undefined
      let owners = 0
      while (!chunks.join('').includes('that was all')) {
        owners += 1
        isDead = false
        const writer = new TranscriptWriter({
          append,
          stateDir: bench.stateDir,
          fence: owners,
          pauseMs: 20,
          closeMs: 0,
        })
        agent = await bench.open({ output: writer })
        if (owners === 1) await agent.send(prompt('go'))
        await until(() => isDead || chunks.join('').includes('that was all'))
        await agent.close()
        await writer.close()
      }
      expect(owners).toBeGreaterThan(2)
      const lines = Array.from(chunks.join('').matchAll(/^line (\d+)$/gm), ([, number]) => Number(number))
      expect(lines).toEqual(Array.from({ length: 3_000 }, (_, i) => i + 1))
    },
  )

  it('is adopted where its socket was cleaned away', { tags: 'thorough' }, async () => {
    const bench = await open({ prompt: '1', do: [{ say: 'first' }] }, { do: [{ say: 'second' }] })
    const first = await bench.open()
    await first.send(prompt('1'))
    await bench.untilPrinted('first')
    await first.close()
    await rm(handleOf(bench).server.socket)
    const next = await bench.open()
    expect(next.isAdopted).toBe(true)
    await next.send(prompt('2'))
    await bench.untilPrinted('second')
  })

  it('that ended while nobody was there tells the next owner how', { tags: 'thorough' }, async () => {
    const bench = await open({
      do: [{ say: 'working' }, { awaitFile: 'end' }, { say: 'last words' }, { exit: 4 }],
    })
    const first = await bench.open()
    await first.send(prompt('1'))
    await bench.untilPrinted('working')
    await first.close()
    const { leader } = handleOf(bench)
    await writeFile(join(bench.workspace, 'end'), '')
    await until(() => !isLiving(leader))
    const next = await bench.open()
    expect(await next.turnOver(never())).toMatchObject({ exit: { exitCode: 4, signal: null } })
    expect(bench.said()).toContain('last words')
    expect([...bench.ends.values()]).toEqual([{ exitCode: 4, signal: null, end: 'EXITED' }])
  })

  it('is proven gone where its terminal was killed, and started again', async () => {
    const bench = await open({
      do: [{ ignore: 'SIGTERM' }, { fork: 'session' }, { say: 'up' }, { silence: true }],
    })
    const first = await bench.open()
    await first.send(prompt('1'))
    await bench.untilPrinted('up')
    await first.close()
    const { server, leader } = handleOf(bench)
    process.kill(server.pid, 'SIGKILL')
    await until(() => !isLiving(server))
    const next = await bench.open()
    expect(next.isAdopted).toBe(false)
    expect(isLiving(leader)).toBe(false)
    expect(bench.processes()).toEqual([])
    expect(await next.probe()).toBe('GONE')
  })

  it(
    'that nobody could keep a handle of is ended before another one is started',
    { tags: 'thorough' },
    async () => {
      const bench = await open({ do: [{ say: 'up' }, { silence: true }] })
      const first = await bench.open()
      await first.send(prompt('1'))
      await bench.untilPrinted('up')
      await first.close()
      const { server, leader } = handleOf(bench)
      bench.handles.length = 0
      const next = await bench.open({ handle: null })
      expect(next.isAdopted).toBe(false)
      expect([isLiving(server), isLiving(leader)]).toEqual([false, false])
      await next.send(prompt('2'))
      expect(findProcess(handleOf(bench).leader.pid)?.isLiving).toBe(true)
    },
  )

  it('is not begun where it was stopped on the way, or could not be recorded', async () => {
    const bench = await open({ do: [{ write: 'begun', text: '' }] })
    const agent: Agent = await bench.open({
      recordStart: async () => {
        void agent.stop(NO_HURRY, 'CANCELLED')
        return 'exe_1'
      },
    })
    await expect(agent.send(prompt('x'))).rejects.toMatchObject({ code: 'AGENT_STOPPED' })
    const other = await bench.open({
      handle: null,
      recordStart: () => Promise.reject(new Error('lease lost')),
    })
    await expect(other.send(prompt('x'))).rejects.toThrow('lease lost')
    expect(await other.hasReceived('x')).toBe(false)
    expect(existsSync(join(bench.workspace, 'begun'))).toBe(false)
    expect(bench.processes()).toEqual([])
  })

  it(
    'removes what the transcript holds for sure, and keeps its folder to this user',
    { tags: 'thorough' },
    async () => {
      const bench = await open({ do: [{ flood: 75_000_000 }, { say: 'after the flood' }] })
      let startsAt = 0
      let last = ''
      const write = (bytes: Uint8Array) => {
        startsAt += bytes.length
        last = `${last}${String(Buffer.from(bytes))}`.slice(-500)
      }
      const output = {
        ...DISCARDED_OUTPUT,
        get startsAt() {
          return startsAt
        },
        write,
      }
      const agent = await bench.open({ output })
      await agent.send(prompt('go'))
      await until(() => last.includes('after the flood'))
      const folder = join(bench.stateDir, 'terminal')
      const sizes = await Promise.all(
        (await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size),
      )
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(startsAt)
      expect((await stat(bench.stateDir)).mode & 0o077).toBe(0)
      expect(await agent.stop(AT_ONCE, 'CANCELLED')).toBe(true)
    },
  )
})

describe('the socket of a terminal', () => {
  it('is in the private folder of the session, or where its path is short enough', async () => {
    const folder = await makeFolder()
    onTestFinished(() => rm(folder, { recursive: true }))
    vi.stubEnv('TMPDIR', folder)
    onTestFinished(() => void vi.unstubAllEnvs())
    expect(findSocket('/state/ses_1')).toBe('/state/ses_1/tmux')
    const long = `/${'long'.repeat(30)}`
    const socket = findSocket(long)
    expect(socket.startsWith(join(folder, 'pawl-'))).toBe(true)
    expect(Buffer.byteLength(socket)).toBeLessThan(104)
    expect([findSocket(long), findSocket(`${long}2`) === socket]).toEqual([socket, false])
    const [own = ''] = await readdir(folder)
    await chmod(join(folder, own), 0o755)
    expect(() => findSocket(long)).toThrow(expect.objectContaining({ code: 'FOLDER_UNSAFE' }))
    await rm(join(folder, own), { recursive: true })
    await mkdir(join(folder, 'elsewhere'))
  })

  it('where nobody listens has no pane', async () => {
    expect(await new TmuxServer('/nowhere/tmux').findPane()).toBe(null)
  })
})
