import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it, onTestFinished } from 'vitest'
import { findProcess } from '../../../src/processes/processTable.ts'
import { startPreview } from '../../../src/workspaces/preview/startPreview.ts'
import {
  endLeftPreviews,
  isPreviewRunning,
  stopPreview,
} from '../../../src/workspaces/preview/stopPreview.ts'
import { previewDefinitionSchema } from '../../../src/workspaces/kit/workspaceSettings.ts'
import { createFolder, troubleOf, write } from './repository.ts'
import { programFile } from '../../support/programs.ts'
import { startChild } from '../../support/startChild.ts'

const ID = 'wsp_1'

/** A server on the port it is told, that says where it runs and which variables it has. */
const SERVER = `
const { createServer } = require('node:http')
createServer((_, answer) => answer.end(JSON.stringify({ cwd: process.cwd(), argv: process.argv.slice(2), env: process.env })))
  .listen(Number(process.env.PORT), process.env.LISTEN_ON ?? '127.0.0.1')`

function setUp(definition: Readonly<Record<string, unknown>> = {}) {
  const folder = createFolder()
  const path = join(folder, `the "work space"`)
  const state = join(folder, 'state')
  mkdirSync(path)
  mkdirSync(state)
  write(path, { 'server.cjs': SERVER })
  onTestFinished(async () => void (await stopPreview(state, ID)))
  const options = {
    id: ID,
    path,
    runId: 'run_1',
    state,
    definition: previewDefinitionSchema.parse({ command: [process.execPath, 'server.cjs'], ...definition }),
  }
  return { state, path, options, files: () => readdirSync(join(state, 'previews')) }
}

async function read(url: string) {
  return (await (await fetch(url)).json()) as { cwd: string; argv: string[]; env: Record<string, string> }
}

describe('a preview', () => {
  it('runs in the workspace, on a port of its own, until it is stopped', async () => {
    const { state, path, options, files } = setUp({
      command: [process.execPath, 'server.cjs', '--on={port}', '{workspace}'],
      env: { COLOUR: 'blue' },
    })
    const preview = await startPreview({ ...options, env: { ...process.env, PAWL_TOKEN: 'pawl_secret' } })
    const { cwd, argv, env } = await read(preview.url)
    expect(cwd).toBe(path)
    expect(argv).toEqual([`--on=${new URL(preview.url).port}`, path])
    expect(env).toMatchObject({ COLOUR: 'blue', PORT: new URL(preview.url).port, PAWL_RUN_ID: 'run_1' })
    expect(env).not.toHaveProperty('PAWL_TOKEN')
    expect(await isPreviewRunning(state, ID)).toBe(true)
    await preview.stop()
    expect(await preview.ended).toBeNull()
    expect(findProcess(preview.pid)?.isLiving ?? false).toBe(false)
    expect(await isPreviewRunning(state, ID)).toBe(false)
    expect(files()).toEqual([])
    await preview.stop()
  })

  it('is found where it listens on the other loopback address alone', async () => {
    const { options } = setUp({ env: { LISTEN_ON: '::1' } })
    const { url } = await startPreview(options)
    expect(url).toMatch(/^http:\/\/\[::1\]:\d+\/$/)
    expect(await read(url)).toBeDefined()
  })

  it('is seen where its definition says', async () => {
    const { options } = setUp({ url: 'http://localhost:{port}/runs/{run}' })
    const { url } = await startPreview(options)
    expect(url).toMatch(/^http:\/\/localhost:\d+\/runs\/run_1$/)
  })

  it('is refused where it listens at a place of its own choice that somebody else has', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    onTestFinished(() => void other.close())
    const { options, files } = setUp({ url: `http://127.0.0.1:${(other.address() as AddressInfo).port}/` })
    expect(await troubleOf(startPreview(options))).toMatchObject({ code: 'PREVIEW_PORT_TAKEN' })
    expect(files()).toEqual([])
  })

  it('takes the place of the one before', async () => {
    const { options } = setUp()
    const first = await startPreview(options)
    const second = await startPreview(options)
    expect(await first.ended).toBeNull()
    expect(findProcess(first.pid)?.isLiving ?? false).toBe(false)
    expect((await read(second.url)).env['PORT']).toBe(new URL(second.url).port)
  })

  it('tells what it said last where it ends before it answers', async () => {
    const { options, files } = setUp({
      command: ['sh', '-c', 'echo "\u001b[31mno such module\u001b[0m" >&2; exit 3'],
    })
    const trouble = await troubleOf(startPreview(options))
    expect(trouble).toMatchObject({ code: 'PREVIEW_ENDED', errorClass: 'RECOVERABLE' })
    expect(trouble.message).toBe('The preview ended by itself, with 3. It said last:\nno such module')
    expect(files()).toEqual([])
  })

  it('tells the end of what it said, however much that was', async () => {
    const { options } = setUp({ command: ['sh', '-c', 'yes chatter | head -c 3000000; echo the end'] })
    const { message } = await troubleOf(startPreview(options))
    expect(message.length).toBeLessThan(5_000)
    expect(message.endsWith('chatter\nthe end')).toBe(true)
  })

  it('is stopped where it does not answer in time', async () => {
    const command = ['sh', '-c', `trap '' TERM; echo waiting; while :; do sleep 0.05; done`]
    const { options, files } = setUp({ command, readySeconds: 0.3, killAfterSeconds: 0.2 })
    const trouble = await troubleOf(startPreview(options))
    expect(trouble).toMatchObject({ code: 'PREVIEW_NOT_READY', errorClass: 'RECOVERABLE' })
    expect(trouble.message).toContain('waiting')
    expect(files()).toEqual([])
  })

  it('is stopped where its start is given up', async () => {
    const { options, files } = setUp({ command: ['sleep', '600'] })
    const giveUp = new AbortController()
    const starting = startPreview({ ...options, signal: giveUp.signal })
    giveUp.abort(new Error('enough'))
    await expect(starting).rejects.toThrow('enough')
    expect(files()).toEqual([])
  })

  it('can not be started where its command is not there', async () => {
    const { options } = setUp({ command: ['no-such-command'] })
    const trouble = await troubleOf(startPreview(options))
    expect(trouble).toMatchObject({ code: 'PREVIEW_NOT_STARTABLE', errorClass: 'FATAL' })
    expect(trouble.message).toContain('no-such-command: command not found')
  })

  it('tells when it ends by itself later, and leaves nothing behind', async () => {
    const { options, files } = setUp()
    const preview = await startPreview(options)
    process.kill(preview.pid, 'SIGKILL')
    expect(await preview.ended).toMatchObject({ code: 'PREVIEW_ENDED' })
    expect(files()).toEqual([])
  })

  it('is stopped with everything that it started, what left its group included', async () => {
    const script = `setsid sh -c 'echo $$ > daemon; exec sleep 600' & exec "${process.execPath}" server.cjs`
    const { path, options } = setUp({ command: ['sh', '-c', script] })
    const preview = await startPreview(options)
    await expect.poll(() => readFile(join(path, 'daemon'), 'utf8').catch(() => '')).toMatch(/\d/)
    const daemon = Number(await readFile(join(path, 'daemon'), 'utf8'))
    expect(findProcess(daemon)?.isLiving).toBe(true)
    await preview.stop()
    expect(findProcess(daemon)?.isLiving ?? false).toBe(false)
  })
})

/** A process that starts a preview, prints it, and waits. */
async function startElsewhere(
  options: unknown,
): Promise<{ worker: ChildProcess; preview: { url: string; pid: number } }> {
  const worker = startChild(process.execPath, [programFile('previewElsewhere'), JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const gone = once(worker, 'exit')
  onTestFinished(async () => {
    worker.kill('SIGKILL')
    await gone
  })
  const [line] = (await once(createInterface({ input: worker.stdout }), 'line')) as [string]
  return { worker, preview: JSON.parse(line) as { url: string; pid: number } }
}

describe('the preview of another worker', () => {
  it('is left alone while that is there, and can be stopped all the same', async () => {
    const { state, options, files } = setUp({ killAfterSeconds: 0.2 })
    const { preview } = await startElsewhere(options)
    await endLeftPreviews(state)
    expect((await read(preview.url)).env['PORT']).toBe(new URL(preview.url).port)
    expect(await stopPreview(state, ID)).toBe(true)
    expect(findProcess(preview.pid)?.isLiving ?? false).toBe(false)
    expect(await stopPreview(state, ID)).toBe(false)
    await expect.poll(files).toEqual([])
  })

  it('is gone after that was killed', async () => {
    const { state, options, files } = setUp({ killAfterSeconds: 0.2 })
    const { worker, preview } = await startElsewhere(options)
    const gone = once(worker, 'exit')
    worker.kill('SIGKILL')
    await gone
    await endLeftPreviews(state)
    expect(findProcess(preview.pid)?.isLiving ?? false).toBe(false)
    expect(files()).toEqual([])
  })
})
