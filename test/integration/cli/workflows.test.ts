import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPawl } from '@pawl/sdk'
import type { Pawl } from '@pawl/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { startTestServer } from '../../support/server.ts'
import type { TestServer } from '../../support/server.ts'
import { pawlAt } from './pawl.ts'

const ROOT = join(import.meta.dirname, '../../..')

let server: TestServer
let pawl: Pawl
let cli: ReturnType<typeof pawlAt>
let folder: string

beforeAll(async () => {
  server = await startTestServer()
  pawl = createPawl({ url: server.url, token: server.adminToken })
  cli = pawlAt(server.url, server.adminToken)
  folder = await mkdtemp(join(tmpdir(), 'pawl-workflows-'))
})
afterAll(async () => {
  await server.stop()
  await rm(folder, { recursive: true })
})

const phases = `[{ key: 'do', next: ['done'] }, { key: 'done', final: true }]`
const json = (name: string) =>
  `{"name":"${name}","version":1,"initialPhase":"do","phases":${JSON.stringify([
    { key: 'do', next: ['done'] },
    { key: 'done', final: true },
  ])}}`

/** The same workflow in every way of writing it. */
const WRITTEN = {
  'as.json': json('as-json'),
  'as.yaml':
    'name: as-yaml\nversion: 1\ninitialPhase: do\nphases:\n  - { key: do, next: [done] }\n  - { key: done, final: true }\n',
  'as.mjs': `export default { name: 'as-mjs', version: 1, initialPhase: 'do', phases: ${phases} }`,
  'as.cjs': `module.exports = { name: 'as-cjs', version: 1, initialPhase: 'do', phases: ${phases} }`,
  'as.js': `export const workflow = { name: 'as-js', version: 1, initialPhase: 'do', phases: ${phases} }`,
  'as.ts': `
    interface Phase { key: string; next?: string[]; final?: boolean }
    const phases: Phase[] = ${phases}
    export default { name: 'as-ts', version: 1, initialPhase: 'do', phases } as const`,
  'as.mts': `
    const version: number = 1
    export const workflow = { name: 'as-mts', version, initialPhase: 'do', phases: ${phases} }`,
}

describe('pawl workflow apply', () => {
  it.each(Object.entries(WRITTEN))('registers %s, and the same again changes nothing', async (file, text) => {
    const path = join(folder, file)
    await writeFile(path, text)
    const name = file.replace('.', '-')
    const first = await cli.run(['workflow', 'apply', path])
    expect(first).toMatchObject({ code: 0, stdout: `registered ${name} v1\n`, stderr: '' })
    const again = await cli.run(['workflow', 'apply', path])
    expect(again).toMatchObject({ code: 0, stdout: `${name} v1 was already registered\n` })
    expect((await pawl.workflows.get(name))?.phases.map(({ key }) => key)).toEqual(['do', 'done'])
  })

  it('registers for one project, whose runs alone take it', async () => {
    const apply = ['workflow', 'apply', '-', '--project', 'web']
    const first = await cli.run(apply, { input: json('of-web') })
    expect(first).toMatchObject({ code: 0, stdout: 'registered of-web v1 of project web\n' })
    expect((await cli.run(['run', 'start', 'of-web', '--project', 'web'])).code).toBe(0)
    expect((await cli.run(['run', 'start', 'of-web'])).code).toBe(4)
    expect((await cli.run(['workflow', 'show', 'of-web', '--project', 'web'])).stdout).toContain(
      'of project web',
    )
    const missed = await cli.run(['workflow', 'show', 'of-web'])
    expect(missed).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/no workflow of-web; there are .*of-web \(--project web\)/s),
    })
  })

  it('reads standard input, and what pawl workflow show printed', async () => {
    expect((await cli.run(['workflow', 'apply', '-'], { input: json('from-stdin') })).code).toBe(0)
    const { answer } = await cli.json(['workflow', 'show', 'from-stdin'])
    const again = await cli.json(['workflow', 'apply', '-'], { input: JSON.stringify(answer['definition']) })
    expect(again.answer).toMatchObject({ hasChanged: false })
  })

  it.each([
    ['throws.mjs', 'throw new Error("not today")', 'not today'],
    ['empty.mjs', 'export const nothing = 1', 'exports no workflow'],
    ['wrong.ts', 'const x: =', 'could not be loaded'],
    ['wrong.yaml', 'name: [', 'neither YAML nor JSON'],
    ['short.yaml', 'name: short', 'version'],
  ])('says what is wrong with %s, and ends with 7', async (file, text, says) => {
    const path = join(folder, file)
    await writeFile(path, text)
    const { code, stderr } = await cli.run(['workflow', 'apply', path])
    expect(stderr).toContain(says)
    expect(code).toBe(7)
  })

  it('never changes a version that is there', async () => {
    const other = json('from-stdin').replace('"do"', '"done"')
    const refused = await cli.json(['workflow', 'apply', '-'], { input: other })
    expect(refused.code).toBe(7)
  })
})

describe('pawl workflow graph', () => {
  it('draws every workflow there is, each phase and each way', { tags: 'thorough' }, async () => {
    const { nodes } = await pawl.workflows.list()
    for (const { name, project, phases: declared } of nodes) {
      const of = project === null ? [] : ['--project', project]
      const { code, stdout, stderr } = await cli.run(['workflow', 'graph', name, ...of])
      expect({ name, code, stderr }).toEqual({ name, code: 0, stderr: '' })
      for (const { key } of declared) expect(stdout).toContain(`"${key}`)
      const ways = declared.flatMap(({ next }) => next).length
      expect(stdout.match(/^ {2}p\d+ --> p\d+$/gm)).toHaveLength(ways)
    }
    const dot = await cli.json(['workflow', 'graph', 'review', '--format', 'dot'])
    expect(dot.answer).toMatchObject({
      name: 'review',
      format: 'dot',
      graph: expect.stringMatching(/^digraph \{/),
    })
    expect((await cli.run(['workflow', 'graph', 'review', '--format', 'png'])).code).toBe(2)
    expect((await cli.run(['workflow', 'graph', 'nothing'])).code).toBe(4)
  })
})

describe('what the documentation shows', () => {
  it('are workflows that the server takes: every example', { tags: 'thorough' }, async () => {
    const files = (await readdir(join(ROOT, 'examples/workflows'))).filter((name) =>
      /\.(yaml|ts)$/.test(name),
    )
    expect(files.length).toBeGreaterThan(2)
    for (const file of files) {
      const { code, stderr } = await cli.run(['workflow', 'apply', join(ROOT, 'examples/workflows', file)])
      expect({ file, code, stderr }).toEqual({ file, code: 0, stderr: '' })
    }
  })

  it('are workflows that the server takes: every whole one on the page', async () => {
    const page = await readFile(join(ROOT, 'docs/workflows.md'), 'utf8')
    const blocks = [...page.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, text = '']) => text)
    const whole = blocks.filter((text) => text.startsWith('name:'))
    expect(whole.length).toBeGreaterThan(3)
    for (const text of whole) {
      const result = await pawl.workflows.register(parse(text))
      expect({ text, result }).toMatchObject({ result: { __typename: 'RegisterWorkflowSuccess' } })
    }
  })

  it('names every field there is, with its default', async () => {
    const page = await readFile(join(ROOT, 'docs/workflows.md'), 'utf8')
    const minimal = {
      name: 'bare',
      version: 1,
      initialPhase: 'a',
      phases: [{ key: 'a', final: true, artifact: { path: 'a' }, approval: { gate: 'g', question: 'q' } }],
    }
    await pawl.workflows.register(minimal)
    const { definition } = (await pawl.workflows.get('bare')) ?? {}
    for (const [name, value] of fieldsOf(definition)) {
      const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\``))
      expect(row, `${name} is missing on the page`).toBeDefined()
      if (!(name in GIVEN)) expect(row?.split('|')[2]?.trim(), name).toBe(`\`${JSON.stringify(value)}\``)
    }
  })
})

/** Fields without a default, or whose default is told in words. */
const GIVEN = {
  name: 1,
  version: 1,
  initialPhase: 1,
  phases: 1,
  key: 1,
  path: 1,
  gate: 1,
  question: 1,
  final: 1,
  artifact: 1,
  approval: 1,
  timeouts: 1,
}

/** Every field of a definition with its value, those of objects below it too. */
function fieldsOf(value: unknown): [name: string, value: unknown][] {
  if (Array.isArray(value)) return value.flatMap(fieldsOf)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => [
    [name, inner] as [string, unknown],
    ...fieldsOf(inner),
  ])
}
