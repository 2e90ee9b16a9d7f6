import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { findContractions } from '../../../scripts/findContractions.ts'
import { readMigrations } from '../../../src/database/migrate/readMigrations.ts'

/** Nothing was released before it, so that no other version could be on the database of those up to it. */
const LAST_UNRULED = '20261202233500_recognize_restores'

test('migrations only add, or contract what a released one made unnecessary', async () => {
  const migrations = await readMigrations(
    fileURLToPath(new URL('../../../prisma/migrations', import.meta.url)),
  )
  const names = migrations.map(({ name }) => name)
  expect(names).toContain(LAST_UNRULED)
  const found = migrations.flatMap(({ name, sql }, index) =>
    name > LAST_UNRULED ? findContractions(sql, names.slice(0, index)).map((what) => `${name} ${what}`) : [],
  )
  expect(found).toEqual([])
})

test.each([
  ['DROP TABLE "run"', 'drops a table'],
  ['ALTER TABLE "run" DROP COLUMN "title"', 'drops a column'],
  ['DROP TYPE "run_status"', 'drops a type'],
  ['ALTER TABLE "run" RENAME COLUMN "title" TO "name"', 'renames'],
  ['ALTER TABLE "run" ALTER COLUMN "title" SET DATA TYPE integer', 'changes the type of a column'],
  ['ALTER TABLE "run" ALTER COLUMN "title" SET NOT NULL', 'makes a column required'],
  ['ALTER TABLE "run" ALTER COLUMN "title" DROP DEFAULT', 'drops a default'],
  ['ALTER TABLE "run"\n  ADD COLUMN "size" INTEGER NOT NULL', 'adds a required column without a default'],
])('%s is found', (statement, what) => {
  expect(findContractions(`-- a comment\n${statement};`, [])).toEqual([what])
})

test('what only adds is not found', () => {
  const sql = `-- DROP TABLE "run" would not do
ALTER TABLE "run" ADD COLUMN "size" INTEGER NOT NULL DEFAULT 0, ADD COLUMN "colour" TEXT;
CREATE TABLE "part" ("id" TEXT NOT NULL);
CREATE INDEX "run_size" ON "run" ("size");`
  expect(findContractions(sql, [])).toEqual([])
})

test('a marked contraction names an earlier migration', () => {
  const sql = '-- contracts 2027_sizes, released in 1.2.0\nALTER TABLE "run" DROP COLUMN "size";'
  expect(findContractions(sql, ['2027_sizes'])).toEqual([])
  expect(findContractions(sql, ['2026_init'])).toEqual([
    'contracts 2027_sizes, which is no earlier migration',
  ])
})
