import { spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ROOMS } from '../../../lint/arrows.js'

const root = resolve(import.meta.dirname, '../../..')
let house: string

beforeEach(() => {
  house = mkdtempSync(join(tmpdir(), 'pawl-house-'))
  cpSync(join(root, '.oxlintrc.json'), join(house, '.oxlintrc.json'))
  cpSync(join(root, 'lint'), join(house, 'lint'), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(house, 'node_modules'))
})
afterEach(() => rmSync(house, { recursive: true, force: true }))

/** Lints one file, at its place in an otherwise empty house, and returns what the linter says. */
function lint(path: string, source: string): { status: number | null; output: string } {
  mkdirSync(dirname(join(house, path)), { recursive: true })
  writeFileSync(join(house, path), source)
  const { status, stdout, stderr } = spawnSync(
    join(root, 'node_modules/.bin/oxlint'),
    ['--no-ignore', path],
    {
      cwd: house,
      encoding: 'utf8',
    },
  )
  return { status, output: stdout + stderr }
}

describe('the linter keeps the arrows', () => {
  test.each([
    [
      'src/lifecycle/a.ts',
      "export { openStore } from '../store/openStore.ts'\n",
      'src/lifecycle may not import src/store',
    ],
    [
      'src/lifecycle/decide/a.ts',
      "export { x } from '../../commands/x.ts'\n",
      'src/lifecycle may not import src/commands',
    ],
    [
      'src/lifecycle/b.ts',
      "import { readFileSync } from 'node:fs'\nreadFileSync('x')\n",
      'nothing from outside but zod',
    ],
    [
      'src/commands/a.ts',
      "export { schema } from '../graphql/schema.ts'\n",
      'src/commands may not import src/graphql',
    ],
    ['src/events/a.ts', "export { x } from '../commands/x.ts'\n", 'src/events may not import src/commands'],
    [
      'src/graphql/a.ts',
      "import pg from 'pg'\nnew pg.Pool()\n",
      'pg is imported in src/store, src/database only',
    ],
    ['src/worker/a.ts', "export { x } from '../store/x.ts'\n", 'src/worker may not import src/store'],
    ['sdk/a.ts', "export { x } from '../src/lifecycle/words.ts'\n", 'sdk may not import src/lifecycle'],
    [
      'src/somewhere/a.ts',
      "export { x } from '../store/x.ts'\n",
      'src/somewhere has no place among the arrows',
    ],
    [
      'src/cli/a.ts',
      "export const load = () => import('../graphql/schema.ts')\n",
      'src/cli may not import src/graphql',
    ],
  ])('refuses %s: %s', (path, source, said) => {
    const { status, output } = lint(path, source)
    expect(output).toContain(said)
    expect(status).not.toBe(0)
  })

  test.each([
    ['src/lifecycle/decide/a.ts', "export { words } from '../run/words.ts'\nexport { z } from 'zod'\n"],
    [
      'src/graphql/a.ts',
      "export { run } from '../commands/run.ts'\nexport { tail } from '../events/tail.ts'\n",
    ],
    ['src/cli/a.ts', "export { createPawl } from '@pawl/sdk'\n"],
  ])('lets %s be', (path, source) => {
    expect(lint(path, source)).toMatchObject({ status: 0 })
  })
})

describe('the linter keeps the rooms', () => {
  test.each([
    [
      'src/graphql/run/a.ts',
      "export { ExecutionConnection } from '../activity/execution.ts'\n",
      'src/graphql/run may not import src/graphql/activity',
    ],
    [
      'src/lifecycle/activity/a.ts',
      "export { decide } from '../decide.ts'\n",
      'src/lifecycle/activity may not import what is beside the rooms',
    ],
    [
      'src/store/sql/a.ts',
      "export type { RunRow } from '../rows/runRows.ts'\n",
      'src/store/sql may not import src/store/rows',
    ],
    [
      'web/src/inbox/a.ts',
      "export { App } from '../shell/App.tsx'\n",
      'web/src/inbox may not import web/src/shell',
    ],
    [
      'sdk/client/a.ts',
      "export const load = () => import('../worker/hold.ts')\n",
      'sdk/client may not import sdk/worker',
    ],
    [
      'src/commands/attic/a.ts',
      "export { refuse } from '../kit/answers.ts'\n",
      'src/commands/attic has no place among the rooms',
    ],
  ])('refuses %s: %s', (path, source, said) => {
    const { status, output } = lint(path, source)
    expect(output).toContain(said)
    expect(status).not.toBe(0)
  })

  test.each([
    ['src/graphql/activity/a.ts', "export { aboutRun } from '../run/leaseMutations.ts'\n"],
    ['src/graphql/schema.ts', "export { run } from './run/run.ts'\n"],
    ['src/commands/run/b.ts', "export { c } from './c.ts'\nexport { d } from '../kit/d.ts'\n"],
  ])('lets %s be', (path, source) => {
    expect(lint(path, source)).toMatchObject({ status: 0 })
  })

  test.each([
    [
      'of rooms',
      "activity: ['request', 'kit', 'enums', 'answers', 'run']",
      "run: ['request', 'kit', 'enums', 'answers']",
    ],
    ['of layers', "'src/events': { folders: ['src/store'", "'src/store': { folders: ['src/lifecycle'"],
  ])('does not start with a circle %s in its tables', (kind, above, below) => {
    const file = join(house, 'lint/arrows.js')
    const tables = readFileSync(file, 'utf8')
    expect(tables).toContain(above)
    const extra =
      kind === 'of rooms' ? below.replace("']", "', 'activity']") : below.replace("['", "['src/events', '")
    writeFileSync(file, tables.replace(below, extra))
    const { status, output } = lint('src/graphql/run/a.ts', 'export const a = 1\n')
    expect(output).toContain('a circle of')
    expect(status).not.toBe(0)
  })

  test.each(Object.entries(ROOMS))('%s has the rooms that are named, and no others', (layer, rooms) => {
    const found = readdirSync(join(root, layer), { withFileTypes: true })
    const folders = found.flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
    const unnamed = ['dist', 'node_modules', 'styles']
    expect(folders.filter((name) => !unnamed.includes(name)).toSorted()).toEqual(
      Object.keys(rooms).toSorted(),
    )
  })
})

describe('the linter keeps the one writer', () => {
  test.each([
    [
      'src/commands/a.ts',
      "export const sql = `UPDATE run SET error = NULL, status = 'FAILED' WHERE id = $1`\n",
    ],
    ['src/store/a.ts', 'export const sql = `INSERT INTO run (id) VALUES ($1)`\n'],
    [
      'src/store/b.ts',
      "export const settle = (db) => db.run.update({ where: {}, data: { status: 'FAILED' } })\n",
    ],
  ])('refuses a status written in %s: %s', (path, source) => {
    const { status, output } = lint(path, source)
    expect(output).toContain('a status is written in src/store/run/applyDecision.ts only')
    expect(status).not.toBe(0)
  })

  test('lets a renewal change the lease alone', () => {
    const source =
      "export const sql = `UPDATE run r SET lease_expires_at = now() WHERE r.status = 'RUNNING'`\n"
    expect(lint('src/store/renew.ts', source)).toMatchObject({ status: 0 })
  })
})

describe('the linter keeps the words', () => {
  test.each([
    ['src/commands/a.ts', 'export const MOST_TRIES = 3\n', 'MOST_TRIES: write MAX_ or MIN_'],
    [
      'sdk/a.ts',
      'export interface RowBelow {\n  readonly id: string\n}\n',
      'RowBelow: write the name of what',
    ],
    ['src/graphql/a.ts', 'export function readsOfWorkspaces() {}\n', 'readsOfWorkspaces: write Workspace'],
    ['src/graphql/run/a.ts', "export const said = 'The run as it is now.'\n", 'write the current …'],
    ['src/commands/run/a.ts', 'export const say = (id) => `The run ${id} goes on.`\n', 'write continue'],
  ])('refuses what is said in %s: %s', (path, source, said) => {
    const { status, output } = lint(path, source)
    expect(output).toContain(said)
    expect(status).not.toBe(0)
  })

  test('lets a path be below another', () => {
    const source = 'export function isBelow(path, folder) {\n  return path.startsWith(folder)\n}\n'
    expect(lint('src/workspaces/a.ts', source)).toMatchObject({ status: 0 })
  })
})
