import { execFileSync } from 'node:child_process'
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { unwrap } from '@pawl/sdk'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startTestServer } from '../../support/server.ts'
import type { TestServer } from '../../support/server.ts'
import { Bench, ERRAND, shellAgent } from './startTestWorker.ts'

const GOOD = `echo '{"ok":true}' > out.json`

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  const bench = await Bench.prepare(server)
  unwrap(await bench.person.workflows.register(ERRAND))
  await bench.remove()
})
afterAll(() => server.stop())

async function open(): Promise<Bench> {
  const bench = await Bench.prepare(server)
  onTestFinished(() => bench.remove())
  return bench
}

/** The codes of why it takes no runs, as soon as it says so. */
async function unfit(bench: Bench): Promise<string[]> {
  const find = () => bench.news.find((news) => news.kind === 'not-ready')
  await expect.poll(find).toBeDefined()
  return find()?.problems.map(({ code }) => code) ?? []
}

/** Sees that a waiting run was left alone until now, and is worked on by itself once nothing is in the way. */
async function expectPatience(bench: Bench, runId: string, mend: () => Promise<unknown>): Promise<void> {
  expect(await bench.look(runId)).toMatchObject({ status: 'QUEUED', lease: null })
  expect(bench.news.some(({ kind }) => kind === 'run-taken')).toBe(false)
  await mend()
  expect((await bench.settled(runId)).status).toBe('COMPLETED')
  expect(bench.news.filter(({ kind }) => kind === 'ready-again')).toHaveLength(1)
  expect(await bench.tellStory(runId)).not.toContain('failed')
}

describe('a worker that can not work leaves runs alone, says why, and continues by itself', () => {
  test('where the command of an agent is missing', async () => {
    const bench = await open()
    const command = join(bench.folder, 'agent')
    const runId = await bench.begin('errand')
    bench.start({ runner: { adapter: 'process', command: [command], prompt: 'stdin' } }, { pollMs: 200 })
    expect(await unfit(bench)).toEqual(['PROGRAM_MISSING'])
    await expectPatience(bench, runId, async () => {
      await writeFile(command, `#!/bin/sh\n${GOOD}\n`)
      await chmod(command, 0o755)
    })
  })

  test('where its folder for sessions can’t be used', async () => {
    const bench = await open()
    const state = join(bench.folder, 'state')
    await writeFile(state, 'in the way')
    const runId = await bench.begin('errand')
    bench.start({ runner: shellAgent(GOOD) }, { pollMs: 200 })
    expect(await unfit(bench)).toEqual(['FOLDER_UNUSABLE'])
    await expectPatience(bench, runId, () => rm(state))
  })

  test('where the directory that runs work in holds what is Pawl’s own', async () => {
    const bench = await open()
    const workspace = { directory: bench.folder, root: join(bench.folder, 'worktrees') }
    const runId = await bench.begin('errand')
    bench.start({ runner: shellAgent(GOOD) }, { pollMs: 200, workspace })
    expect(await unfit(bench)).toEqual(['DIRECTORY_RESERVED'])
    expect(await bench.look(runId)).toMatchObject({ status: 'QUEUED', lease: null })
  })

  test.skipIf(process.getuid?.() !== 0)(
    'where its disk is full, also in the midst of a run',
    async (context) => {
      const bench = await open()
      const state = join(bench.folder, 'state')
      await mkdir(state)
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', state], { stdio: 'ignore' })
      } catch {
        return context.skip('nothing can be mounted here')
      }
      onTestFinished(() => void execFileSync('umount', ['--lazy', state]))
      const fill = join(state, 'fill')
      const filled = () =>
        void execFileSync('sh', ['-c', `head -c 5000000 /dev/zero > "${fill}" 2>/dev/null || :`])
      let isFirst = true
      bench.start(
        { runner: shellAgent(GOOD) },
        {
          pollMs: 200,
          onStep: (step) => {
            if (step === 'session-opened' && isFirst) filled()
            if (step === 'session-opened') isFirst = false
          },
        },
      )
      const runId = await bench.begin('errand')
      expect(await unfit(bench)).toContain('DISK_FULL')
      const given = await bench.until(runId, ({ status }) => status === 'QUEUED')
      expect(given.lease).toBe(null)
      await rm(fill)
      expect((await bench.settled(runId)).status).toBe('COMPLETED')
      expect(await bench.tellStory(runId)).not.toContain('failed')
    },
  )
})

test('a run may not name a directory of Pawl’s own', async () => {
  const bench = await open()
  const state = join(bench.folder, 'state')
  await mkdir(state)
  const workspace = { ...bench.settings.workspace, allow: [bench.folder] }
  bench.start({ runner: shellAgent(GOOD) }, { workspace })
  for (const directory of [state, bench.folder]) {
    const run = await bench.settled(await bench.begin('errand', { input: { workspace: { directory } } }))
    expect([run.status, run.error]).toEqual(['FAILED', expect.stringContaining('DIRECTORY_RESERVED')])
  }
})
