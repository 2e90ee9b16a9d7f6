import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { runPawl, startPawl } from './pawl.ts'

vi.setConfig({ testTimeout: 120_000 })

const folder = join(tmpdir(), `pawl-full-${process.pid}`)

/** A disk of 80 MB; only root can make one, and not in every container. */
async function mountDisk(): Promise<boolean> {
  await mkdir(folder, { mode: 0o755 })
  const isMounted =
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=80m,mode=755', 'tmpfs', folder]).status === 0
  onTestFinished(async () => {
    // PostgreSQL outlives a server that was killed, and ends by itself once its files are gone
    await rm(join(folder, 'data'), { recursive: true, force: true })
    if (isMounted) spawnSync('umount', ['--lazy', folder])
    await rm(folder, { recursive: true, force: true })
  })
  return isMounted
}

it('lives through a full disk, says so, and continues once there is room', async (context) => {
  if (!(await mountDisk())) return context.skip('no disk can be mounted here')
  const env = { PAWL_DATA: join(folder, 'data') }
  const server = startPawl(['serve', '--port', '0'], { env })
  const url = (await server.until(/listens on (\S+)/))[1] ?? ''
  const readiness = async () => (await fetch(`${url}/readyz`)).text()
  expect(await readiness()).toBe('ready\n')

  const fill = join(folder, 'fill')
  await writeFile(fill, randomBytes(1024 * 1024)).catch(() => undefined)
  spawnSync('dd', ['if=/dev/zero', `of=${fill}`, 'bs=1M'])
  const input = JSON.stringify({ much: randomBytes(300_000).toString('base64') })
  const file = join(tmpdir(), `pawl-full-${process.pid}.json`)
  await writeFile(file, input)
  onTestFinished(() => rm(file, { force: true }))
  const refused = await untilRefused(() =>
    runPawl(['run', 'start', 'review', '--input', `@${file}`], { env }),
  )
  expect(refused.stderr).toMatch(/Unavailable: The d(isk of the database is full|atabase can’t be reached)/)
  expect(refused.stderr).toContain(`${url}/readyz`)
  expect(refused.stderr).not.toContain('is not running')
  // the server reuses the result of a check for a second
  await expect.poll(readiness, { timeout: 3000 }).toBe('not ready: the disk of the database is full\n')

  await truncate(fill)
  await rm(fill)
  await expect.poll(readiness, { timeout: 30_000 }).toBe('ready\n')
  expect((await runPawl(['run', 'start', 'review'], { env })).code).toBe(0)
  server.kill('SIGTERM')
  expect((await server.ended).code).toBe(0)
})

async function untilRefused<T extends { readonly code: number | null }>(ask: () => Promise<T>): Promise<T> {
  for (let times = 0; times < 100; times += 1) {
    const ended = await ask()
    if (ended.code !== 0) return ended
  }
  throw new Error('the disk never filled')
}
