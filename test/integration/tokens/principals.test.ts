import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Caller, SYSTEM } from '../../../src/commands/kit/context.ts'
import {
  authenticateToken,
  type CreateToken,
  createLocalToken,
  createToken,
  revokeToken,
  rotateToken,
} from '../../../src/commands/account/tokens.ts'
import { openStore, type Store } from '../../../src/store/sql/openStore.ts'
import { issued } from '../../support/issued.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'

let database: TestDatabase
let store: Store
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

type Asked = Partial<CreateToken> & Pick<CreateToken, 'principal'>

const make = (over: Asked, caller = SYSTEM) =>
  createToken({ store }, caller, { role: 'WORKER', projects: [], expiresInSeconds: null, ...over })

const made = async (over: Asked) => issued(await make(over))

const rotate = (tokenId: string, over: object = {}, caller = SYSTEM) =>
  rotateToken({ store, announce }, caller, { tokenId, expiresInSeconds: null, oldToken: 'KEEP', ...over })

const invalid = (...paths: string[]) => ({
  ok: false,
  problem: { type: 'InvalidInput', issues: paths.map((path) => ({ path: path.split('.') })) },
})

describe('the name of a principal', () => {
  it('is given once, and never again, though its tokens were revoked', async () => {
    const { token } = await made({ principal: { name: 'alice' } })
    expect(await make({ principal: { name: 'alice' } })).toMatchObject(invalid('principal.name'))
    await revokeToken({ store, announce }, SYSTEM, token.id)
    expect(await make({ principal: { name: 'alice' } })).toMatchObject(invalid('principal.name'))
  })

  it('is given to one of those who ask for it at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => make({ principal: { name: 'wanted' } })),
    )
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1)
  })

  it.for(['system', 'local', 'Local', ' system ', 'agent#1', 'AGENT#x'])(
    'is not %j, which Pawl keeps for itself',
    async (name) => {
      expect(await make({ principal: { name } })).toMatchObject(invalid('principal.name'))
    },
  )
})

describe('a principal', () => {
  it('stays the same when its token is rotated, with the old one good until it is revoked', async () => {
    const { token, secret } = await made({ principal: { name: 'carol' }, role: 'OPERATOR', projects: ['a'] })
    const rotated = issued(await rotate(token.id))
    expect(rotated.token).toMatchObject({ principalId: token.principalId, name: 'carol', expiresAt: null })
    const [old, present] = [
      await authenticateToken(store, secret),
      await authenticateToken(store, rotated.secret),
    ]
    expect(present?.caller).toEqual({ ...old?.caller, tokenId: rotated.token.id })
    expect(present?.tokenId).not.toBe(old?.tokenId)
    const last = issued(await rotate(rotated.token.id, { oldToken: 'REVOKE' }))
    expect(announced).toContain(rotated.token.id)
    expect((await authenticateToken(store, last.secret))?.caller).toEqual({
      ...old?.caller,
      tokenId: last.token.id,
    })
    expect(await authenticateToken(store, rotated.secret)).toBeNull()
    expect(await authenticateToken(store, secret)).not.toBeNull()
  })

  it('gets another token after all of its own were revoked', async () => {
    const { token } = await made({ principal: { name: 'dora' } })
    await revokeToken({ store, announce }, SYSTEM, token.id)
    const rotated = await rotate(token.id)
    expect(rotated.ok && rotated.token.principalId).toBe(token.principalId)
  })

  it('is given a new token for as long as the old one, or as long as is said', async () => {
    const { token } = await made({ principal: { name: 'emil' }, expiresInSeconds: 3600 })
    const seconds = async (over: object) => {
      const rotated = await rotate(token.id, over)
      if (!rotated.ok || !rotated.token.expiresAt) throw new Error('it does not expire')
      return (rotated.token.expiresAt.getTime() - rotated.token.createdAt.getTime()) / 1000
    }
    expect(await seconds({})).toBeCloseTo(3600, 0)
    expect(await seconds({ expiresInSeconds: 60 })).toBeCloseTo(60, 0)
  })

  it('may have tokens of several roles', async () => {
    const { token } = await made({ principal: { name: 'fay' }, role: 'WORKER' })
    const { principalId } = token
    const other = await made({ principal: { id: principalId }, role: 'OPERATOR' })
    expect(other.token).toMatchObject({ name: 'fay', principalId, role: 'OPERATOR' })
    const unknown = await make({ principal: { id: 'prn_01jd0000000000000000000000' } })
    expect(unknown).toMatchObject({
      ok: false,
      problem: { type: 'NotFound', kind: 'PRINCIPAL', id: 'prn_01jd0000000000000000000000' },
    })
  })

  it('of the server itself is given no token by anybody', async () => {
    const { token } = await createLocalToken({ store })
    expect(token).toMatchObject({ principalId: 'local', name: 'local', role: 'ADMIN' })
    expect(await rotate(token.id)).toMatchObject(invalid('tokenId'))
    for (const id of ['local', 'system'])
      expect(await make({ principal: { id } })).toMatchObject(invalid('principal.id'))
  })

  it('that reaches further than an ADMIN limited to projects gets no token from it', async () => {
    const admin: Caller = { ...SYSTEM, projects: ['a'] }
    const { token } = await made({ principal: { name: 'gus' }, projects: ['a'] })
    expect(await rotate(token.id, {}, admin)).toMatchObject({ ok: true })
    // one token that reaches further is enough: what it does would be done by the same principal
    const { token: wide } = await made({ principal: { id: token.principalId }, projects: [] })
    await revokeToken({ store, announce }, SYSTEM, wide.id)
    const refused = { ok: false, problem: { type: 'Forbidden' } }
    expect(await rotate(token.id, {}, admin)).toMatchObject(refused)
    expect(await make({ principal: { id: token.principalId }, projects: ['a'] }, admin)).toMatchObject(
      refused,
    )
  })
})

describe('a request for a token that is sent again with its key (G7)', () => {
  const key = { idempotencyKey: 'a token, please' }

  it('is answered with the token, and without its secret', async () => {
    const input = { principal: { name: 'keyed' }, role: 'VIEWER', ...key } as const
    const { token, secret, replayed } = await made(input)
    expect(replayed).toBe(false)
    const again = await make(input)
    expect(again).toEqual({ ok: true, replayed: true, secret: null, token: { ...token, lastUsedAt: null } })
    expect(await authenticateToken(store, secret)).not.toBeNull()
    const added = { principal: { id: token.principalId }, idempotencyKey: 'another' }
    const { token: second } = await made(added)
    expect(await make(added)).toMatchObject({ secret: null, token: { id: second.id } })
  })

  it('is refused where it asks for something else', async () => {
    await made({ principal: { name: 'keyed once' }, idempotencyKey: 'once' })
    const refused = { problem: { type: 'IdempotencyMismatch', differingPaths: ['principal.name', 'role'] } }
    expect(
      await make({ principal: { name: 'keyed twice' }, role: 'VIEWER', idempotencyKey: 'once' }),
    ).toMatchObject(refused)
  })

  it('makes one token, however many are sent at once', async () => {
    const { token } = await made({ principal: { name: 'keyed at once' } })
    const requests = [
      { principal: { name: 'keyed among many' }, idempotencyKey: 'first of many' },
      { principal: { id: token.principalId }, idempotencyKey: 'next of many' },
    ]
    for (const request of requests) {
      const answers = await Promise.all(Array.from({ length: 8 }, () => make(request)))
      const tokens = answers.flatMap((answer) => (answer.ok ? [answer] : []))
      expect(tokens).toHaveLength(8)
      expect(new Set(tokens.map((each) => each.token.id)).size).toBe(1)
      expect(tokens.filter(({ secret }) => secret !== null)).toHaveLength(1)
    }
  })

  it('of another principal is a request of its own', async () => {
    const { token } = await made({ principal: { name: 'keyed by the system' }, idempotencyKey: 'shared' })
    const ann = { ...SYSTEM, principalId: 'prn_01jd0000000000000000000000' }
    const other = issued(await make({ principal: { name: 'keyed by ann' }, idempotencyKey: 'shared' }, ann))
    expect(other.token.id).not.toBe(token.id)
  })

  it('rotates once, and revokes the old token also where that was left undone', async () => {
    const { token: old, secret } = await made({ principal: { name: 'keyed and rotated' } })
    const input = { oldToken: 'REVOKE', ...key }
    const { token } = issued(await rotate(old.id, input))
    expect(await authenticateToken(store, secret)).toBeNull()
    await store.pool.query('UPDATE token SET revoked_at = NULL WHERE id = $1', [old.id])
    expect(await rotate(old.id, input)).toMatchObject({
      secret: null,
      replayed: true,
      token: { id: token.id },
    })
    expect(await authenticateToken(store, secret)).toBeNull()
  })
})
