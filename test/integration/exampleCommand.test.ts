// @module-tag thorough
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { toUrl } from '../support/server.ts'

const root = resolve(import.meta.dirname, '../..')

/** What of the repository the example needs. */
const COPIED = ['src', 'sdk', 'schema', 'scripts', 'prisma', 'package.json', 'tsconfig.json']

/** The files of the example in CONTRIBUTING.md, in its order. */
const FILES = [
  'src/lifecycle/run/commandInputs.ts',
  'src/lifecycle/run/commands.ts',
  'src/lifecycle/decide/pausing.ts',
  'src/graphql/run/runMutations.ts',
  'sdk/client/runs.ts',
]

/** Starts a server of the copy, and calls the new method of its SDK. */
const PROGRAM = `
import { configSchema } from './src/config.ts'
import { createLog } from './src/log.ts'
import { startServer } from './src/server/startServer.ts'
import { createPawl, unwrap } from './sdk/index.ts'
import { readFileSync } from 'node:fs'

const config = configSchema.parse({ port: 0, data: './data', databaseUrl: process.env.DATABASE_URL, logLevel: 'fatal' })
const server = await startServer({ config, log: createLog({ level: 'fatal' }) })
const token = readFileSync('./data/token', 'utf8').trim()
const pawl = createPawl({ url: server.url, token })
const { runs } = pawl
const definition = { name: 'solo', version: 1, initialPhase: 'work', phases: [{ key: 'work', final: true }] }
unwrap(await pawl.workflows.register(definition))
const { run } = unwrap(await runs.start({ workflow: 'solo' }))
const answers = [
  await runs.hold(run.id, { comment: 'not yet', idempotencyKey: 'once' }),
  await runs.hold(run.id, { comment: 'not yet', idempotencyKey: 'once' }),
  await runs.hold(run.id, { comment: 'no', idempotencyKey: 'once' }),
  await runs.hold(run.id),
  await runs.hold('run_01jd0000000000000000000000'),
]
const events = []
for await (const { type, payload } of runs.events(run.id)) {
  events.push([type, payload.comment])
  if (type === 'RUN_PAUSED') break
}
console.log(JSON.stringify({ answers, last: events.at(-1) }))
await server.close('example')
process.exit()
`

let copy: string
let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
  copy = mkdtempSync(join(tmpdir(), 'pawl-example-'))
  for (const path of COPIED) cpSync(join(root, path), join(copy, path), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
})
afterAll(async () => {
  rmSync(copy, { recursive: true, force: true })
  await database.drop()
})

async function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const file = join(root, 'node_modules', program)
  const { stdout } = await promisify(execFile)(process.execPath, [file, ...args], {
    cwd: copy,
    env: { ...process.env, ...env },
  })
  return stdout
}

/** Applies a diff without line numbers: its context has to be in the file, once. */
function applyDiff(file: string, diff: string): void {
  const lines = diff.split('\n')
  const textOf = (kept: readonly string[]) => kept.map((line) => line.slice(1)).join('\n')
  const context = textOf(lines.filter((line) => line.startsWith(' ')))
  const path = join(copy, file)
  const before = readFileSync(path, 'utf8')
  expect(before.split(`${context}\n`), `the context of the diff of ${file}`).toHaveLength(2)
  writeFileSync(
    path,
    before.replace(`${context}\n`, () => `${textOf(lines)}\n`),
  )
}

test('the example of CONTRIBUTING.md adds a command to the rules, the API and the SDK in five files', async () => {
  const diffs = [...readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8').matchAll(/```diff\n(.*?)\n```/gs)]
  expect(diffs).toHaveLength(FILES.length)
  for (const [index, [, diff = '']] of diffs.entries()) applyDiff(FILES[index] ?? '', diff)

  for (const script of ['printSchema', 'printOperations', 'printSdk'])
    await run('tsx/dist/cli.mjs', [`scripts/${script}.ts`])

  writeFileSync(join(copy, 'example.ts'), PROGRAM)
  const { answers, last } = JSON.parse(
    await run('tsx/dist/cli.mjs', ['--conditions=pawl-source', 'example.ts'], {
      DATABASE_URL: toUrl(database.poolConfig),
    }),
  ) as { answers: unknown[]; last: unknown }
  expect(answers).toMatchObject([
    { __typename: 'HoldRunSuccess', isReplayed: false, run: { status: 'PAUSED' } },
    { __typename: 'HoldRunSuccess', isReplayed: true, run: { status: 'PAUSED' } },
    { __typename: 'IdempotencyMismatch', differingPaths: ['comment'] },
    { __typename: 'NotPausable', status: 'PAUSED', message: expect.stringMatching(/\.$/) },
    { __typename: 'NotFound' },
  ])
  expect(last).toEqual(['RUN_PAUSED', 'not yet'])
}, 180_000)
