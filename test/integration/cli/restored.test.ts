import { chmod, cp, mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPawl, PawlCursorExpiredError, unwrap } from '@pawl/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { spawnServer } from '../../support/spawnServer.ts'
import { runPawl } from './pawl.ts'

let folder: string
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'pawl-restored-')))
  await chmod(folder, 0o755)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const pawl = (...words: string[]) => runPawl(words, { cwd: folder })

/** A server on a data directory of the folder, and a client of it. */
async function serve(name: string) {
  const server = await spawnServer(join(folder, name))
  const stop = async () => {
    server.child.kill('SIGTERM')
    await server.ended
  }
  return { server, stop, pawl: createPawl({ url: server.url, token: await server.readToken() }) }
}

describe('pawl restored', () => {
  it('ends what was given out before, where a data directory was put back with its database', async () => {
    const before = await serve('data')
    const claim = { owner: 'one', leaseSeconds: 3600 }
    const { run } = unwrap(await before.pawl.runs.start({ workflow: 'delivery', title: 'kept', claim }))
    await before.stop()
    await cp(join(folder, 'data'), join(folder, 'backup'), { recursive: true, verbatimSymlinks: true })

    // what is lost: another owner, its agent's token, and a place in the feed
    const lost = await serve('data')
    unwrap(await lost.pawl.runs.release(run.id, { fence: 1 }))
    const claimed = unwrap(await lost.pawl.runs.claim({ runId: run.id, owner: 'two', leaseSeconds: 3600 }))
    expect(claimed.lease?.fence).toBe(2)
    const { feedCursor } = await lost.pawl.runs.list()
    await lost.stop()
    await rm(join(folder, 'data'), { recursive: true })
    await cp(join(folder, 'backup'), join(folder, 'data'), { recursive: true, verbatimSymlinks: true })

    const { code, stdout } = await pawl('restored', '--data', 'data')
    expect([code, stdout]).toEqual([0, expect.stringContaining('not valid any more: leases, agent tokens')])

    const after = await serve('data')
    const agent = createPawl({ url: after.server.url, token: claimed.agentToken ?? '' })
    await expect(agent.runs.get(run.id)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(await after.pawl.runs.renew(run.id, { fence: 2 })).toMatchObject({ __typename: 'LeaseLost' })
    const again = unwrap(await after.pawl.runs.claim({ runId: run.id, owner: 'three', leaseSeconds: 60 }))
    expect(again.lease?.fence).toBeGreaterThan(1_000)
    const changes = after.pawl.runs.changes({ after: feedCursor })
    await expect(changes.next()).rejects.toBeInstanceOf(PawlCursorExpiredError)
    expect((await after.pawl.doctor({})).violations).toEqual([])
    await after.stop()
  })

  it('tells programs, and lets a server that runs end so that it starts again', async () => {
    const { server } = await serve('running')
    const { code, stdout } = await pawl('restored', '--data', 'running', '--json')
    expect([code, JSON.parse(stdout)]).toEqual([0, { restored: true }])
    expect(await server.ended).toMatchObject({ code: 1 })
  })

  it('says what it needs where there is no database', async () => {
    const { code, stderr } = await pawl('restored', '--data', 'nowhere')
    expect(code).not.toBe(0)
    expect(stderr).toContain('nowhere')
  })
})
