import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Caller } from '../../../src/commands/kit/context.ts'
import { SYSTEM } from '../../../src/commands/kit/context.ts'
import {
  authenticateToken,
  createToken,
  readTokens,
  revokeToken,
} from '../../../src/commands/account/tokens.ts'
import { openStore, type Store } from '../../../src/store/sql/openStore.ts'
import { findValidTokens } from '../../../src/store/account/findValidTokens.ts'
import { issued } from '../../support/issued.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'

let database: TestDatabase
let store: Store
const ALL = { limit: 500, fromEnd: false, after: null, before: null } as const
const announced: string[] = []
const announce = (id: string) => void announced.push(id)

beforeAll(async () => {
  database = await createTestDatabase()
  store = openStore(database.poolConfig)
})
afterAll(async () => {
  await store.close()
  await database.drop()
})

let made = 0
const make = async (over: Partial<Parameters<typeof createToken>[2]> = {}, caller: Caller = SYSTEM) => {
  const principal = { name: `ci ${(made += 1)}` }
  const input = { principal, role: 'WORKER' as const, projects: [], expiresInSeconds: null, ...over }
  return issued(await createToken({ store }, caller, input))
}

describe('tokens', () => {
  it('authenticate by their secret, of which only the hash is kept', async () => {
    const { token, secret } = await make({ principal: { name: 'laptop' }, projects: ['a', 'b'] })
    expect(secret).toMatch(/^pawl_[\w-]{43}$/)
    expect(await authenticateToken(store, secret)).toEqual({
      tokenId: token.id,
      caller: {
        principalId: token.principalId,
        ...{ name: 'laptop', role: 'WORKER', projects: ['a', 'b'], agent: null, tokenId: token.id },
      },
      expiresAt: null,
      remainingMs: null,
    })
    const { rows } = await store.pool.query<{ row: string }>('SELECT token::text AS row FROM token')
    expect(rows.map(({ row }) => row).join()).not.toContain(secret.slice(5))
  })

  it('do not authenticate by anything else', async () => {
    const { secret } = await make()
    for (const wrong of ['', 'pawl_', secret.slice(0, -1), `${secret}x`, secret.toUpperCase()])
      expect(await authenticateToken(store, wrong)).toBeNull()
  })

  it('stop to authenticate when they expire, by the clock of the database', async () => {
    const { token, secret } = await make({ expiresInSeconds: 60 })
    const found = await authenticateToken(store, secret)
    expect(found?.expiresAt).toEqual(token.expiresAt)
    expect(found?.remainingMs).toBeGreaterThan(0)
    expect(found?.remainingMs).toBeLessThanOrEqual(60_000)
    expect(await findValidTokens(store.pool, [token.id])).toMatchObject([{ id: token.id }])
    await store.pool.query('UPDATE token SET expires_at = clock_timestamp() WHERE id = $1', [token.id])
    expect(await authenticateToken(store, secret)).toBeNull()
    expect(await findValidTokens(store.pool, [token.id])).toEqual([])
  })

  it('stop to authenticate when they are revoked, which may be asked for again', async () => {
    const { token, secret } = await make()
    expect(await revokeToken({ store, announce }, SYSTEM, token.id)).toEqual({ ok: true, tokenId: token.id })
    expect(announced).toContain(token.id)
    expect(await revokeToken({ store, announce }, SYSTEM, token.id)).toEqual({ ok: true, tokenId: token.id })
    expect(await authenticateToken(store, secret)).toBeNull()
    expect(await findValidTokens(store.pool, [token.id])).toEqual([])
    const listed = await readTokens({ store }, SYSTEM, ALL)
    expect(listed.ok && listed.page.items.map(({ id }) => id)).not.toContain(token.id)
  })

  it('are noted as used at most once a minute', async () => {
    const { token, secret } = await make()
    const lastUsed = async () => {
      const { rows } = await store.pool.query<{ at: Date | null }>(
        'SELECT last_used_at AS at FROM token WHERE id = $1',
        [token.id],
      )
      return rows[0]?.at
    }
    expect(await lastUsed()).toBeNull()
    await authenticateToken(store, secret)
    const first = await lastUsed()
    expect(first).toBeInstanceOf(Date)
    await authenticateToken(store, secret)
    expect(await lastUsed()).toEqual(first)
    await store.pool.query(
      `UPDATE token SET last_used_at = last_used_at - interval '2 minutes' WHERE id = $1`,
      [token.id],
    )
    await authenticateToken(store, secret)
    expect((await lastUsed())?.getTime()).toBeGreaterThanOrEqual(first?.getTime() ?? Infinity)
  })

  it('are managed by ADMIN alone', async () => {
    const operator: Caller = { principalId: 'prn_o', name: 'o', role: 'OPERATOR', projects: [], agent: null }
    const input = { principal: { name: 'x' }, role: 'VIEWER' as const, projects: [], expiresInSeconds: null }
    for (const answer of [
      await createToken({ store }, operator, input),
      await revokeToken({ store, announce }, operator, 'tok_01jd0000000000000000000000'),
      await readTokens({ store }, operator, ALL),
    ])
      expect(answer).toMatchObject({ ok: false, problem: { type: 'Forbidden', requiredRole: 'ADMIN' } })
  })

  it('of an ADMIN limited to projects reach no further than these', async () => {
    const admin: Caller = {
      principalId: 'prn_a',
      name: 'a',
      role: 'ADMIN',
      projects: ['a', 'b'],
      agent: null,
    }
    const input = { principal: { name: 'x' }, role: 'ADMIN' as const, expiresInSeconds: null }
    for (const projects of [[], ['c'], ['a', 'c']])
      expect(await createToken({ store }, admin, { ...input, projects })).toMatchObject({
        ok: false,
        problem: { type: 'Forbidden' },
      })
    const within = await make({ projects: ['a'] }, admin)
    const beyond = await make({ projects: [] })
    expect(await revokeToken({ store, announce }, admin, beyond.token.id)).toMatchObject({ ok: false })
    const listed = await readTokens({ store }, admin, ALL)
    const ids = listed.ok ? listed.page.items.map(({ id }) => id) : []
    expect(ids).toContain(within.token.id)
    expect(ids).not.toContain(beyond.token.id)
  })

  it('of the role AGENT are not created', async () => {
    const input = { principal: { name: 'x' }, role: 'AGENT' as const, projects: [], expiresInSeconds: null }
    expect(await createToken({ store }, SYSTEM, input)).toMatchObject({
      ok: false,
      problem: { type: 'InvalidInput', issues: [{ path: ['role'] }] },
    })
  })

  it('that do not exist are NotFound', async () => {
    const tokenId = 'tok_01jd0000000000000000000000'
    expect(await revokeToken({ store, announce }, SYSTEM, tokenId)).toMatchObject({
      ok: false,
      problem: { type: 'NotFound', kind: 'TOKEN', id: tokenId },
    })
  })
})
