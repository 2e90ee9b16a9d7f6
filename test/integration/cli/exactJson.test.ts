import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPawl } from '@pawl/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../../support/server.ts'
import { pawlAt } from './pawl.ts'

let server: TestServer
let folder: string
let cli: ReturnType<typeof pawlAt>
beforeAll(async () => {
  server = await startTestServer()
  folder = await mkdtemp(join(tmpdir(), 'pawl-exact-'))
  cli = pawlAt(server.url, server.adminToken)
})
afterAll(async () => {
  await rm(folder, { recursive: true })
  await server.stop()
})

const INEXACT: readonly (readonly [what: string, text: string, said: RegExp])[] = [
  ['a whole number beyond 2^53', '{"a":{"id":12345678901234567890}}', /a\.id is a number beyond 2\^53/],
  ['a number beyond all', '{"n":1e400}', /n is a number that JSON does not have/],
  ['half of a character', String.raw`{"n":"\ud83d"}`, /n holds a NUL character or half/],
  ['the key __proto__', '{"a":{"__proto__":{"b":1}}}', /a\.__proto__ is a key that can not be kept/],
]

describe('JSON that can not be kept exactly is refused by its path', () => {
  it.each(INEXACT)('as an option: %s', async (_, text, said) => {
    const { code, stderr } = await cli.run(['run', 'start', 'review', '--input', text])
    expect([code, stderr]).toEqual([7, expect.stringMatching(said)])
  })

  it.each(INEXACT)('as a file: %s', async (_, text, said) => {
    const file = join(folder, 'input.json')
    await writeFile(file, text)
    const { code, stderr } = await cli.run(['run', 'start', 'review', '--input', `@${file}`])
    expect([code, stderr]).toEqual([7, expect.stringMatching(said)])
  })

  it.each(INEXACT)('in a workflow, as YAML and as JSON: %s', async (_, text, said) => {
    for (const file of [join(folder, 'workflow.yaml'), join(folder, 'workflow.json')]) {
      await writeFile(file, text)
      const { code, stderr } = await cli.run(['workflow', 'apply', file])
      expect([code, stderr]).toEqual([7, expect.stringMatching(said)])
    }
  })

  it('in a workflow that is a module', async () => {
    const file = join(folder, 'workflow.mjs')
    await writeFile(file, 'export const workflow = { name: "w", version: NaN }')
    const { code, stderr } = await cli.run(['workflow', 'apply', file])
    expect([code, stderr]).toEqual([7, expect.stringMatching(/version is a number that JSON does not have/)])
  })

  it('by the SDK, before it would be sent as null', async () => {
    const pawl = createPawl({ url: server.url, token: server.adminToken })
    await expect(pawl.runs.start({ workflow: 'review', input: { n: Infinity } })).rejects.toThrow(
      /n is Infinity, a number that JSON does not have/,
    )
  })
})
