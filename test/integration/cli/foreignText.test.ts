import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPawl, unwrap } from '@pawl/sdk'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestServer } from '../../support/server.ts'
import type { TestServer } from '../../support/server.ts'
import { pawlAt } from './pawl.ts'

let server: TestServer
let folder: string
beforeAll(async () => {
  server = await startTestServer()
  folder = await mkdtemp(join(tmpdir(), 'pawl-text-'))
})
afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true })
})

const TRICKY = 'invoice\u202egpj.exe\u200b'
const SHOWN = 'invoice\\u{202e}gpj.exe\\u{200b}'

it('shows marks that reorder or hide text, wherever a run and its questions are told of', async () => {
  const cli = pawlAt(server.url, server.adminToken)
  const pawl = createPawl({ url: server.url, token: server.adminToken })
  const claim = { owner: TRICKY, leaseSeconds: 600 }
  const started = unwrap(
    await pawl.runs.start({ workflow: 'review', title: TRICKY, labels: [TRICKY], claim }),
  )
  const { id } = started.run
  const fence = started.lease?.fence ?? 0
  unwrap(await pawl.messages.send(id, TRICKY))
  const question = { gate: TRICKY, question: TRICKY, kind: 'REVIEW' as const, fence }
  unwrap(await pawl.approvals.request(id, question))
  for (const words of [
    ['run', 'list'],
    ['run', 'show', id],
    ['run', 'events', id],
    ['approval', 'list'],
    ['approval', 'show'],
    ['message', 'list', '--run', id],
  ]) {
    const { stdout, stderr } = await cli.run(words)
    expect({
      words,
      shows: (stdout + stderr).includes(SHOWN),
      obeys: /[\u202e\u200b]/.test(stdout + stderr),
    }).toEqual({
      words,
      shows: true,
      obeys: false,
    })
  }
  const { answer } = await cli.json(['run', 'show', id])
  expect(JSON.stringify(answer)).toContain(TRICKY)
})

it('takes files as Windows writes them', async () => {
  const cli = pawlAt(server.url, server.adminToken)
  for (const [name, bytes] of [
    ['utf8.json', Buffer.from('\ufeff{"a":"Größe"}')],
    ['utf16.json', Buffer.from('\ufeff{"a":"Größe"}', 'utf16le')],
  ] as const) {
    const file = join(folder, name)
    await writeFile(file, bytes)
    const { code, answer } = await cli.json(['run', 'start', 'review', '--input', `@${file}`])
    expect(code).toBe(0)
    expect(JSON.stringify(answer)).toContain('{"a":"Größe"}')
  }
  const workflow = join(folder, 'marked.yaml')
  await writeFile(
    workflow,
    '\ufeffname: marked\nversion: 1\ninitialPhase: a\nphases: [{ key: a, final: true }]\n',
  )
  expect((await cli.run(['workflow', 'apply', workflow])).code).toBe(0)
})
