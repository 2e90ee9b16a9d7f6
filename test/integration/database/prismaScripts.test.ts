// @module-tag thorough
import { execFile, spawnSync } from 'node:child_process'
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { isRoot, makeFolder } from './databaseHarness.ts'

const projectDir = fileURLToPath(new URL('../../..', import.meta.url))

interface Outcome {
  code: number | null
  stdout: string
  stderr: string
}

/** Runs a script as `tsx scripts/NAME` does, without any network where that can be taken away. */
function runScript(name: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const command = [process.execPath, '--import', 'tsx', join(projectDir, 'scripts', name), ...args]
  const [program, ...rest] = hasUnshare ? ['unshare', '--net', ...command] : command
  return new Promise((resolve) => {
    execFile(
      program!,
      rest,
      { cwd: projectDir, env: { ...process.env, ...env } },
      (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr })
      },
    )
  })
}

const hasUnshare = isRoot && spawnSync('unshare', ['--net', 'true']).status === 0

async function copyPrisma(): Promise<string> {
  const folder = join(await makeFolder(), 'prisma')
  await cp(join(projectDir, 'prisma'), folder, { recursive: true })
  return folder
}

async function addModel(prisma: string): Promise<void> {
  const file = join(prisma, 'schema.prisma')
  await writeFile(file, `${await readFile(file, 'utf8')}\nmodel Planted {\n  id Int @id\n  note String?\n}\n`)
}

test('schema.prisma and the migrations agree, backstops included', async () => {
  expect(await runScript('prismaDiff.ts', ['--check'])).toMatchObject({
    code: 0,
    stdout: 'schema.prisma and the migrations agree\n',
  })
})

test('a model without a migration fails the check with the SQL that is missing', async () => {
  const prisma = await copyPrisma()
  await addModel(prisma)
  const { code, stderr } = await runScript('prismaDiff.ts', ['--check', '--prisma', prisma])
  expect(code).toBe(1)
  expect(stderr).toContain('CREATE TABLE "Planted"')
  expect(stderr).not.toContain('DROP')
})

test('a migration without a model fails the check', async () => {
  const prisma = await copyPrisma()
  const folder = join(prisma, 'migrations', '99990101000000_planted')
  await mkdir(folder)
  await writeFile(join(folder, 'migration.sql'), 'CREATE TABLE planted (id int PRIMARY KEY);')
  const { code, stderr } = await runScript('prismaDiff.ts', ['--check', '--prisma', prisma])
  expect(code).toBe(1)
  expect(stderr).toContain('DROP TABLE "planted"')
})

test('the missing migration is written in the format of Prisma, and then they agree', async () => {
  const prisma = await copyPrisma()
  await addModel(prisma)
  const before = await readdir(join(prisma, 'migrations'))
  const created = await runScript('prismaDiff.ts', ['--create', 'add planted', '--prisma', prisma])
  expect(created.code).toBe(0)
  const [name, ...others] = (await readdir(join(prisma, 'migrations'))).filter(
    (entry) => !before.includes(entry),
  )
  expect(others).toEqual([])
  expect(name).toMatch(/^\d{14}_add_planted$/)
  expect(await readdir(join(prisma, 'migrations', name!))).toEqual(['migration.sql'])
  expect((await runScript('prismaDiff.ts', ['--check', '--prisma', prisma])).code).toBe(0)
})

test('a migration that PostgreSQL refuses fails the check with its words', async () => {
  const prisma = await copyPrisma()
  const folder = join(prisma, 'migrations', '99990101000000_planted')
  await mkdir(folder)
  await writeFile(join(folder, 'migration.sql'), 'CREATE TABLE planted (id no_such_type);')
  const { code, stderr } = await runScript('prismaDiff.ts', ['--check', '--prisma', prisma])
  expect(code).not.toBe(0)
  expect(stderr).toContain('type "no_such_type" does not exist')
})

test('without arguments it tells its usage', async () => {
  expect(await runScript('prismaDiff.ts', [])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('usage:'),
  })
})

test('the client is generated without network', async () => {
  const prisma = await copyPrisma()
  expect(await runScript('prismaGenerate.ts', ['--prisma', prisma])).toMatchObject({ code: 0, stderr: '' })
  const client = await readFile(join(prisma, '..', 'src', 'store', 'generated', 'client.ts'), 'utf8')
  expect(client).toContain(`from "./internal/class.ts"`)
})

test('a schema that Prisma refuses is told', async () => {
  const prisma = await copyPrisma()
  await writeFile(join(prisma, 'schema.prisma'), 'model Broken {')
  const { code, stderr } = await runScript('prismaGenerate.ts', ['--prisma', prisma])
  expect(code).toBe(1)
  expect(stderr).toContain('Broken')
})
