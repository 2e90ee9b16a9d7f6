import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TranscriptEntryInput } from '@pawl/sdk'
import { describe, expect, it, onTestFinished } from 'vitest'
import { processAdapter } from '../../../src/adapters/process/processAdapter.ts'
import { TranscriptWriter } from '../../../src/adapters/transcript/transcriptWriter.ts'
import type { Appended, TranscriptOptions } from '../../../src/adapters/transcript/transcriptWriter.ts'
import { never, setUp, until } from '../../conformance/adapters/workbench.ts'
import { toOutput } from '../../support/entries.ts'

/** A transcript as the server keeps it, by the same rules: numbered, repeats absorbed, gaps refused. */
class Kept {
  readonly entries: TranscriptEntryInput[] = []
  readonly errors: unknown[] = []
  appends = 0
  most = 0
  /** Called before each append, and decides about it where it answers or throws. */
  intercept: (
    fromSeq: number,
    entries: readonly TranscriptEntryInput[],
  ) => Appended | undefined | Promise<Appended | undefined> = () => undefined

  append = async (fromSeq: number, entries: TranscriptEntryInput[]): Promise<Appended> => {
    const decided = await this.intercept(fromSeq, entries)
    if (decided) return decided
    const next = this.entries.length + 1
    if (fromSeq > next) return { __typename: 'TranscriptGap', expectedSeq: next }
    this.appends += 1
    this.most = Math.max(this.most, ...entries.map(({ output }) => output?.text.length ?? 0))
    this.keep(fromSeq, entries)
    return { __typename: 'AppendTranscriptSuccess', nextSeq: this.entries.length + 1 }
  }

  /** Appends what is not there yet. */
  keep(fromSeq: number, entries: readonly TranscriptEntryInput[]): void {
    this.entries.push(...entries.slice(this.entries.length + 1 - fromSeq))
  }

  /** The output in it. */
  get text(): string {
    return this.entries.map(({ output }) => output?.text ?? '').join('')
  }
}

async function openFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'pawl-transcript-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return folder
}

function open(kept: Kept, stateDir: string, options: Partial<TranscriptOptions> = {}): TranscriptWriter {
  const onError = (error: unknown) => void kept.errors.push(error)
  const writer = new TranscriptWriter({ append: kept.append, stateDir, fence: 1, onError, ...options })
  onTestFinished(async () => void (await writer.close()))
  return writer
}

const lines = (from: number, to: number) =>
  Buffer.from(Array.from({ length: to - from }, (_, i) => `line ${from + i}\n`).join(''))

describe('a transcript', () => {
  it('continues from where the server stands, in order, in few appends of bounded entries', async () => {
    const kept = new Kept()
    kept.entries.push(...toOutput('before\n'))
    const writer = open(kept, await openFolder())
    for (let i = 0; i < 20_000; i += 10) writer.write(lines(i, i + 10))
    await writer.close()
    expect(kept.text).toBe(`before\n${lines(0, 20_000).toString()}`)
    expect(kept.appends).toBeLessThan(10)
    expect(kept.most).toBeLessThanOrEqual(65_536)
  })

  it('loses nothing and repeats nothing while answers are lost and the server is away', async () => {
    const kept = new Kept()
    let tries = 0
    kept.intercept = async (fromSeq, entries) => {
      tries += 1
      if (fromSeq > 1_000_000) return undefined
      if (tries % 3 === 0) throw new Error('away')
      if (tries % 3 === 1) return undefined
      kept.keep(fromSeq, entries)
      throw new Error('the answer was lost')
    }
    const writer = open(kept, await openFolder())
    writer.write(lines(0, 10))
    await until(() => kept.text.includes('line 9'))
    writer.write(lines(10, 20))
    await until(() => kept.text.includes('line 19'))
    await writer.close()
    expect(kept.text).toBe(lines(0, 20).toString())
    expect(kept.errors).toContainEqual(new Error('away'))
    expect(kept.errors).toContainEqual(new Error('the answer was lost'))
  })

  it('leaves out the oldest where the server is away for too long, and says how much', async () => {
    const kept = new Kept()
    let release: () => void = () => undefined
    const away = new Promise<undefined>((resolve) => (release = () => resolve(undefined)))
    kept.intercept = (fromSeq) => (fromSeq > 1_000_000 ? undefined : away)
    const writer = open(kept, await openFolder(), { bufferBytes: 10_000 })
    writer.write(Buffer.from('first\n'))
    await until(() => writer.startsAt === 0 && kept.appends === 0)
    expect(writer.hasRoom).toBe(true)
    await new Promise(setImmediate)
    writer.write(lines(0, 10_000))
    expect(writer.hasRoom).toBe(false)
    release()
    await writer.close()
    const [, left, rest] =
      /^first\n\n\[(\d+) bytes of output are left out here\]\n([^]*)$/.exec(kept.text) ?? []
    const all = lines(0, 10_000)
    expect(Number(left)).toBe(all.length - 10_000)
    expect(rest).toBe(all.subarray(-10_000).toString())
  })

  it('ends with a line that says so where it has grown to its limit', async () => {
    const kept = new Kept()
    const folder = await openFolder()
    const writer = open(kept, folder, { maxCharacters: 1_000 })
    writer.write(Buffer.from('x'.repeat(5_000)))
    writer.write(Buffer.from('y'.repeat(5_000)))
    await writer.close()
    const expected = `${'x'.repeat(1_000)}\n[the transcript ends here: 1000 characters are the most it may have]\n`
    expect(kept.text).toBe(expected)
    const next = open(kept, folder, { maxCharacters: 1_000, fence: 2 })
    next.write(Buffer.from('more'))
    await next.close()
    expect(kept.text).toBe(expected)
  })

  it.each(['LeaseLost', 'NotFound'] as const)('stops writing at %s, and never blocks', async (__typename) => {
    const kept = new Kept()
    kept.intercept = () => ({ __typename })
    const writer = open(kept, await openFolder())
    writer.write(Buffer.from('x'))
    await until(() => writer.isOver)
    for (let i = 0; i < 100; i += 1) writer.write(Buffer.alloc(1_000_000))
    expect(writer.hasRoom).toBe(true)
    await writer.close()
    expect(kept.entries).toEqual([])
  })

  it('gives up at its close where the server stays away', async () => {
    const kept = new Kept()
    kept.intercept = () => Promise.reject(new Error('away'))
    const writer = open(kept, await openFolder(), { closeMs: 50 })
    writer.write(Buffer.from('x'))
    await writer.close()
    expect(writer.isOver).toBe(true)
  })

  it('is gone on with by the next owner from the byte and the number where it stood, whatever was answered', async () => {
    const output = Buffer.from(`${'a\u001b[1mb\u001b[0m é my-secret-value\r\n'.repeat(200)}end\n`)
    const secrets = [{ name: 'A_KEY', value: 'my-secret-value' }]
    const expected = `${'ab é [A_KEY hidden]\n'.repeat(200)}end\n`
    for (const isAppended of [true, false]) {
      for (let cut = 1; cut < 60; cut += 1) {
        const kept = new Kept()
        const folder = await openFolder()
        const first = open(kept, folder, { secrets, closeMs: 0, pauseMs: 0 })
        first.write(output.subarray(0, cut))
        await until(() => first.startsAt === cut)
        // The owner dies in its second append, whose fate nobody knows.
        const sent = new Promise<void>((resolve) => {
          kept.intercept = async (fromSeq, entries) => {
            if (isAppended) kept.keep(fromSeq, entries)
            resolve()
            return new Promise<never>(() => undefined)
          }
        })
        first.write(output.subarray(cut, cut + 70))
        await sent
        kept.intercept = () => undefined
        const next = open(kept, folder, { secrets, fence: 2 })
        expect(next.startsAt).toBe(cut + 70)
        next.write(output.subarray(next.startsAt))
        await next.close()
        expect(kept.text).toBe(expected)
        if (cut === 1) expect(await readdir(folder)).toEqual(['transcript-2.json'])
      }
    }
  })

  it('has entries and output in the order in which they were told, and messages whole', async () => {
    const kept = new Kept()
    const writer = open(kept, await openFolder(), { secrets: [{ name: 'A_KEY', value: 'my-secret-value' }] })
    writer.write(Buffer.from('one\n'))
    writer.report({ kind: 'TOOL_CALL', key: 'a', title: 'ls my-secret-value', status: 'IN_PROGRESS' })
    for (const text of ['I ', 'see ', 'my-sec', 'ret-value'])
      writer.report({ kind: 'MESSAGE', text, isPiece: true })
    writer.report({ kind: 'TOOL_CALL', updates: 'a', status: 'COMPLETED' })
    writer.flush()
    writer.write(Buffer.from('two\n'))
    await writer.close()
    expect(JSON.parse(JSON.stringify(kept.entries))).toEqual([
      { output: { stream: 'STDOUT', text: 'one\n' } },
      { toolCall: { key: 'a', title: 'ls [A_KEY hidden]', toolStatus: 'IN_PROGRESS' } },
      { toolCall: { updates: 'a', toolStatus: 'COMPLETED' } },
      { message: { text: 'I see [A_KEY hidden]' } },
      { output: { stream: 'STDOUT', text: 'two\n' } },
    ])
  })

  it('loses no entry that was sent when its owner dies, and repeats none, whatever was answered', async () => {
    const entries = [1, 2, 3].map((n) => ({ message: { text: `message ${n}` } }))
    for (const isAppended of [true, false]) {
      const kept = new Kept()
      const folder = await openFolder()
      const first = open(kept, folder, { closeMs: 0 })
      const sent = new Promise<void>((resolve) => {
        kept.intercept = async (fromSeq, said) => {
          if (said.length === 0) return undefined
          if (isAppended) kept.keep(fromSeq, said)
          resolve()
          return new Promise<never>(() => undefined)
        }
      })
      first.report({ kind: 'MESSAGE', text: 'message 1' })
      first.report({ kind: 'MESSAGE', text: 'message 2' })
      await sent
      kept.intercept = () => undefined
      const next = open(kept, folder, { fence: 2 })
      next.report({ kind: 'MESSAGE', text: 'message 3' })
      await next.close()
      expect(JSON.parse(JSON.stringify(kept.entries))).toEqual(entries)
    }
  })

  it('continues from what a worker of an earlier version noted', async () => {
    const kept = new Kept()
    const folder = await openFolder()
    const carry = { bytes: '', plain: { held: '', isAtLineStart: true }, masked: '' }
    const noted = { fromSeq: 1, texts: ['before\n'], position: 7, carry, written: 7 }
    await writeFile(join(folder, 'transcript-1.json'), JSON.stringify(noted))
    const writer = open(kept, folder, { fence: 2 })
    expect(writer.startsAt).toBe(7)
    writer.write(Buffer.from('after\n'))
    await writer.close()
    expect(kept.entries).toEqual([
      { output: { stream: 'STDOUT', text: 'before\n' } },
      { output: { stream: 'STDOUT', text: 'after\n' } },
    ])
  })

  it('ends a flood of entries with a line that says so as well', async () => {
    const kept = new Kept()
    const writer = open(kept, await openFolder(), { maxCharacters: 5_000 })
    for (let i = 0; i < 500; i += 1)
      writer.report({ kind: 'PLAN', steps: [{ text: `step ${i}`, status: 'PENDING' }] })
    await writer.close()
    expect(JSON.stringify(kept.entries).length).toBeLessThan(6_000)
    expect(kept.text).toBe('\n[the transcript ends here: 5000 characters are the most it may have]\n')
  })

  it(
    'takes 1 GB from an agent without growing, and without holding it up',
    { tags: 'thorough' },
    async () => {
      const kept = new Kept()
      const bench = await setUp(processAdapter, {
        adapter: 'process',
        command: ['sh', '-c', 'yes "flood my-secret-value" | head -c 1000000000; echo; echo done'],
        prompt: 'stdin',
      })
      const writer = open(kept, join(bench.folder, 'transcript'), {
        secrets: [{ name: 'K_KEY', value: 'my-secret-value' }],
      })
      const agent = await bench.open({ output: writer })
      const before = process.memoryUsage().rss
      let highest = before
      const watch = setInterval(() => (highest = Math.max(highest, process.memoryUsage().rss)), 20)
      await agent.send({ key: 'x', text: 'x' })
      expect(await agent.turnOver(never())).toMatchObject({ exit: { exitCode: 0 } })
      clearInterval(watch)
      await writer.close()
      expect(highest - before).toBeLessThan(100_000_000)
      expect(kept.text).toMatch(/\[\d+ bytes of output are left out here\][^]*\ndone\n$/)
      expect(kept.text).not.toContain('my-secret-value')
      expect(kept.text.length).toBeLessThan(16_777_216 + 1_000)
    },
  )
})
