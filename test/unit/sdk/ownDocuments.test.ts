import { createPawl } from '@pawl/sdk'
import { parse } from 'graphql'
import { afterAll, beforeAll, expect, expectTypeOf, it } from 'vitest'
import { startScriptedServer, type ScriptedServer } from './scriptedServer.ts'

interface Typed<Result, Variables> {
  readonly __apiType?: (variables: Variables) => Result
}
interface Viewer {
  readonly viewer: { readonly name: string }
}

let server: ScriptedServer
beforeAll(async () => {
  server = await startScriptedServer({ Query: { viewer: () => ({ name: 'ann', role: 'VIEWER' }) } })
})
afterAll(() => server.stop())

it('sends a document of another tool, as text or parsed, and answers with its type', async () => {
  const pawl = createPawl({ url: server.url, token: 't' })
  const text = '{ viewer { name } }'
  const parsed = parse(text) as Typed<Viewer, Record<string, never>> & object
  const answer = await pawl.query(parsed)
  expectTypeOf(answer).toEqualTypeOf<Viewer>()
  const written = new String(text) as unknown as Typed<Viewer, Record<string, never>> & object
  for (const each of [answer, await pawl.query(written), await pawl.query(text)])
    expect(each).toEqual({ viewer: { name: 'ann' } })
})
