import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { configSchema, flagOf, loadConfig, variableOf } from '../../../src/config.ts'
import { ConfigError } from '../../../src/configFile.ts'

let cwd: string
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'pawl-config-'))
})
afterEach(() => rm(cwd, { recursive: true }))

const mistakesOf = async (sources: Parameters<typeof loadConfig>[0]) => {
  const error = await loadConfig({ env: {}, cwd, ...sources }).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ConfigError)
  return (error as ConfigError).mistakes
}

describe('loadConfig', () => {
  it('has a default for everything', async () => {
    const config = await loadConfig({ env: {}, cwd })
    expect(config).toMatchObject({ host: '127.0.0.1', port: 4400, sweepSeconds: 5, maxResumes: 10 })
    expect(config.data).toBe(join(cwd, '.pawl'))
    expect(config.databaseUrl).toBeUndefined()
  })

  it('lets flags beat the environment, and that the file', async () => {
    await writeFile(
      join(cwd, 'pawl.config.json'),
      '{ "port": 1, "host": "file", "maxResumes": 1, "data": "d" }',
    )
    const env = { PAWL_PORT: '2', PAWL_HOST: 'env' }
    const config = await loadConfig({ env, cwd, flags: { port: '3' } })
    expect(config).toMatchObject({ port: 3, host: 'env', maxResumes: 1, data: join(cwd, 'd') })
  })

  it('reads YAML, and takes a path in it from the folder of the file', async () => {
    await writeFile(
      join(cwd, 'elsewhere.yaml'),
      '# ours\ndata: store\nallowedOrigins:\n  - https://a.example\n',
    )
    const config = await loadConfig({ env: { PAWL_CONFIG: join(cwd, 'elsewhere.yaml') }, cwd: tmpdir() })
    expect(config.data).toBe(join(cwd, 'store'))
    expect(config.allowedOrigins).toEqual(['https://a.example'])
  })

  it('reads lists and fractions from variables, and ignores empty ones', async () => {
    const env = {
      PAWL_ALLOWED_ORIGINS: 'https://a.example, https://b.example',
      PAWL_SWEEP_SECONDS: '0.5',
      PAWL_HOST: '',
    }
    const config = await loadConfig({ env, cwd })
    expect(config.allowedOrigins).toEqual(['https://a.example', 'https://b.example'])
    expect(config).toMatchObject({ sweepSeconds: 0.5, host: '127.0.0.1' })
  })

  it('reads a file as Windows writes it, with a byte order mark', async () => {
    const file = join(cwd, 'pawl.config.json')
    for (const bytes of [
      Buffer.from('\ufeff{ "port": 4711 }'),
      Buffer.from('\ufeff{ "port": 4711 }', 'utf16le'),
    ]) {
      await writeFile(file, bytes)
      expect((await loadConfig({ env: {}, cwd })).port).toBe(4711)
    }
  })

  it('tells every mistake at once, and where it stands', async () => {
    const path = join(cwd, 'pawl.config.yaml')
    await writeFile(path, 'maxResumes: many\nprot: 80\n')
    const mistakes = await mistakesOf({
      env: { PAWL_PORT: 'http', DATABASE_URL: 'mysql://u:secret@h/d' },
      flags: { sweepSeconds: '0' },
    })
    expect(mistakes.map(({ where }) => where).toSorted()).toEqual(
      ['--sweep-seconds', 'DATABASE_URL', 'PAWL_PORT', `${path}:1:1`, `${path}:2:1`].toSorted(),
    )
    expect(mistakes).toContainEqual({ where: `${path}:2:1`, message: 'there is no setting prot' })
    expect(JSON.stringify(mistakes)).not.toContain('secret')
  })

  it('points at the line of a file that can’t be read', async () => {
    const path = join(cwd, 'pawl.config.json')
    await writeFile(path, '{\n  "port": 1,\n  "host": }')
    const [mistake] = await mistakesOf({})
    expect(mistake?.where).toMatch(new RegExp(`^${path}:3:`))
  })

  it('does not guess between two files, nor pass over one that was named', async () => {
    await writeFile(join(cwd, 'pawl.config.json'), '{}')
    await writeFile(join(cwd, 'pawl.config.yml'), 'port: 1')
    expect(await mistakesOf({})).toHaveLength(1)
    expect(await mistakesOf({ flags: { config: 'none.yaml' } })).toEqual([
      { where: join(cwd, 'none.yaml'), message: 'there is no such file' },
    ])
  })

  it('names each setting alike everywhere', () => {
    for (const setting of Object.keys(configSchema.shape) as (keyof typeof configSchema.shape)[]) {
      expect(flagOf(setting)).toMatch(/^--[a-z]+(-[a-z]+)*$/)
      expect(variableOf(setting)).toMatch(/^(PAWL_[A-Z]+(_[A-Z]+)*|DATABASE_(LISTEN_)?URL)$/)
      expect(configSchema.shape[setting].description).toBeTruthy()
    }
  })
})

it.each([
  'pawl.example',
  'localhost:4400',
  'wss://pawl.example',
  'https://ada:hush@pawl.example',
  'https://pawl.example/x',
])('takes %s for no publicUrl and no origin, and says what one looks like', async (text) => {
  const env = { PAWL_PUBLIC_URL: text, PAWL_ALLOWED_ORIGINS: text }
  expect(await mistakesOf({ env })).toEqual(
    ['PAWL_PUBLIC_URL', 'PAWL_ALLOWED_ORIGINS'].map((where) => ({
      where,
      message: expect.stringContaining('expected https://HOST or http://HOST:PORT'),
    })),
  )
})
