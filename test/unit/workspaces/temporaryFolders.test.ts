import { mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { makeTemporaryFolder, removeStaleFolders } from '../../../src/workspaces/git/temporaryFolders.ts'

const LONG_AGO = new Date(Date.now() - 25 * 3_600_000)

it('removes what killed processes left more than a day ago, and nothing else', async () => {
  const root = await mkdtemp(join(tmpdir(), 'pawl-stale-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  vi.stubEnv('TMPDIR', root)
  onTestFinished(() => void vi.unstubAllEnvs())
  const outside = join(root, 'outside')
  await mkdir(join(root, 'pawl-git-old', '1'), { recursive: true })
  await mkdir(outside)
  await writeFile(join(outside, 'kept'), 'kept')
  await symlink(outside, join(root, 'pawl-git-old', '1', 'objects'))
  await symlink(outside, join(root, 'pawl-git-link'))
  await mkdir(join(root, 'other-old'))
  for (const name of ['pawl-git-old', 'other-old', 'outside'])
    await utimes(join(root, name), LONG_AGO, LONG_AGO)
  const inUse = await makeTemporaryFolder()
  await removeStaleFolders()
  const expected = ['outside', 'other-old', 'pawl-git-link', inUse.slice(root.length + 1)]
  expect(new Set(await readdir(root))).toEqual(new Set(expected))
  expect(await readdir(outside)).toEqual(['kept'])
})
