import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { findServer } from '../../../src/cli/kit/connect.ts'
import { listLocalServers, nearestServer, registerServer } from '../../../src/cli/kit/localServers.ts'
import { keepLogin, readLogins } from '../../../src/cli/kit/logins.ts'
import { createPrinter } from '../../../src/cli/terminal/printer.ts'
import { prettyLog } from '../../../src/cli/terminal/prettyLog.ts'

function prepare() {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'pawl-servers-')))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const env = { XDG_CONFIG_HOME: join(folder, 'config') }
  /** A server as it stands in its data directory and in the registry. */
  const serve = (project: string, url: string) => {
    const data = join(folder, project, '.pawl')
    mkdirSync(data, { recursive: true })
    writeFileSync(join(data, 'address'), `${url}\n`)
    writeFileSync(join(data, 'token'), `pawl_of_${project}\n`)
    return { data, unregister: registerServer(env, { url, data }) }
  }
  return { folder, env, serve }
}

describe('the server that is meant', () => {
  it('is the only one of the machine, the last login before it, and none where several could be', () => {
    const { env, serve } = prepare()
    expect(() => findServer(env, {})).toThrow('No server is known here')
    const one = serve('one', 'http://127.0.0.1:1111')
    expect(findServer(env, {})).toMatchObject({
      url: 'http://127.0.0.1:1111',
      token: 'pawl_of_one',
      isLocal: true,
    })
    serve('two', 'http://127.0.0.1:2222')
    expect(() => findServer(env, {})).toThrow(/Several servers.*\n.*1111.*\n.*2222/)
    keepLogin(env, { url: 'https://pawl.example', token: 'pawl_far' })
    expect(findServer(env, {})).toMatchObject({
      url: 'https://pawl.example',
      token: 'pawl_far',
      isLocal: false,
    })
    one.unregister()
    expect(listLocalServers(env).map(({ url }) => url)).toEqual(['http://127.0.0.1:2222'])
    expect(() => findServer({ ...env, PAWL_DATA: one.data }, {})).not.toThrow()
    expect(() => findServer({ ...env, PAWL_DATA: '/nonexistent' }, {})).toThrow('No server is known here')
  })

  it('gets the token that belongs to its address, and never another one', () => {
    const { env, serve } = prepare()
    serve('one', 'http://127.0.0.1:1111')
    keepLogin(env, { url: 'https://pawl.example', token: 'pawl_far' })
    const tokenFor = (url: string) => findServer({ ...env, PAWL_URL: url }, {}).token
    expect(tokenFor('http://127.0.0.1:1111')).toBe('pawl_of_one')
    expect(tokenFor('https://pawl.example/some/path')).toBe('pawl_far')
    expect(tokenFor('https://other.example')).toBeUndefined()
    keepLogin(env, { url: 'https://pawl.example', token: 'pawl_new' })
    expect(readLogins(env)).toEqual([{ url: 'https://pawl.example', token: 'pawl_new' }])
  })

  it('is the one of the nearest folder above', () => {
    const servers = ['/a', '/a/b', '/ab'].map((folder) => ({ url: folder, data: `${folder}/.pawl` }))
    const near = (directory: string) => nearestServer(servers, directory)?.url
    expect(['/a/b/c', '/a/c', '/ab', '/a/..b', '/'].map(near)).toEqual(['/a/b', '/a', '/ab', '/a', undefined])
  })

  it('is no server that was killed, while those of other machines are left alone', () => {
    const { env, folder, serve } = prepare()
    const { data } = serve('one', 'http://127.0.0.1:1111')
    const entries = join(folder, 'config/pawl/servers')
    const entry = { url: 'http://127.0.0.1:9', data: '/far', host: 'another-machine', pid: 1 }
    writeFileSync(join(entries, 'far.json'), JSON.stringify(entry))
    writeFileSync(join(entries, 'broken.json'), '{')
    rmSync(join(data, 'address'))
    expect(listLocalServers(env)).toEqual([])
    expect(readdirSync(entries).toSorted()).toEqual(['broken.json', 'far.json'])
  })
})

it('the log on a terminal is sentences', () => {
  let shown = ''
  const stream = { isTTY: true, columns: 80, write: (text: string) => (shown += text) }
  const log = prettyLog(createPrinter(stream, { env: { NO_COLOR: '1' }, argv: [] }))
  const time = '2026-12-02T10:00:00.000Z'
  log.write(`${JSON.stringify({ level: 'info', time, url: 'http://x', msg: 'server.start_completed' })}\n`)
  log.write(
    `${JSON.stringify({ level: 'error', time, err: { message: 'no \u001b[31mroom' }, msg: 'a.b_failed' })}\n`,
  )
  const at = new Date(time).toLocaleTimeString('en-GB')
  expect(shown).toBe(`${at}  server.start_completed  url=http://x\n${at}  error: a.b_failed  no room\n`)
})
