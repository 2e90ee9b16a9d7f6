import { execFileSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createPawl } from '@pawl/sdk'
import { expect, test } from 'vitest'
import { prepareDataDir } from '../../../src/database/kit/prepareDataDir.ts'
import { workerConfigSchema } from '../../../src/worker/config/config.ts'
import { startWorker } from '../../../src/worker/startWorker.ts'
import { makeFolder } from './databaseHarness.ts'

const statusOf = (repository: string) =>
  execFileSync('git', ['status', '--porcelain', '--untracked-files=all'], {
    cwd: repository,
    encoding: 'utf8',
  })

async function makeRepository(): Promise<string> {
  const repository = await makeFolder()
  execFileSync('git', ['init', '-q', repository])
  return repository
}

test('a data directory in a repository is none of its files, also one that was there before', async () => {
  const repository = await makeRepository()
  await prepareDataDir(join(repository, '.pawl'))
  const older = join(repository, 'older')
  await mkdir(older, { mode: 0o700 })
  for (const name of ['pawl.lock', 'token', 'address']) await writeFile(join(older, name), 'secret')
  await mkdir(join(older, 'database'))
  await writeFile(join(older, 'database', 'postgres.log'), '')
  expect(statusOf(repository)).toContain('older/token')
  await prepareDataDir(older)
  await writeFile(join(repository, '.pawl', 'token'), 'secret')
  expect(statusOf(repository)).toBe('')
})

test('a directory that holds files of others is not hidden, and an own .gitignore is left as it is', async () => {
  const repository = await makeRepository()
  await writeFile(join(repository, '.gitignore'), 'token\n')
  await writeFile(join(repository, 'pawl.lock'), '')
  await prepareDataDir(repository)
  expect(await readFile(join(repository, '.gitignore'), 'utf8')).toBe('token\n')
})

test('what a worker keeps in a repository is none of its files', async () => {
  const repository = await makeRepository()
  const config = workerConfigSchema.parse({ state: join(repository, '.pawl', 'sessions') })
  const url = 'http://127.0.0.1:1'
  const worker = startWorker({ pawl: createPawl({ url, token: 'none' }), url, owner: 'worker', config })
  await writeFile(join(repository, '.pawl', 'sessions', 'transcript'), 'secret')
  expect(statusOf(repository)).toBe('')
  await worker.kill()
  // the server's data directory may be made around it later
  await prepareDataDir(join(repository, '.pawl'))
})
