import { describe, expect, test } from 'vitest'
import { AGENT_KEYS, inheritEnvironment, whyNotPassed } from '../../../src/processes/inheritEnvironment.ts'
import { PRESETS } from '../../../src/adapters/presets.ts'

describe('what an agent inherits', () => {
  test('is a list: who the user is, language, terminal, proxies, and nothing that is not on it', () => {
    const listed = {
      HOME: '/home/ann',
      PATH: '/bin',
      USER: 'ann',
      LC_ALL: 'C.UTF-8',
      LANG: 'C.UTF-8',
      TERM: 'xterm',
      TZ: 'Europe/Berlin',
      HTTPS_PROXY: 'http://proxy',
      no_proxy: 'localhost',
      XDG_CONFIG_HOME: '/home/ann/.config',
      ANTHROPIC_API_KEY: 'key',
    }
    const others = {
      AWS_SECRET_ACCESS_KEY: 'x',
      LCX: 'x',
      HOMEBREW: 'x',
      NODE_OPTIONS: '--require=/x',
      EMPTY: undefined,
    }
    expect(inheritEnvironment({ ...listed, ...others })).toEqual(listed)
  })

  test('has no credential of Pawl’s, no database of its own and no repository of git’s, whatever is passed', () => {
    const env = {
      PAWL_TOKEN: 'x',
      PAWL_TOKEN_FILE: 'x',
      PAWL_DATA: 'x',
      DATABASE_URL: 'x',
      DATABASE_LISTEN_URL: 'x',
      PGPASSWORD: 'x',
      PGOPTIONS: 'x',
      GIT_DIR: 'x',
      GIT_CONFIG_COUNT: '1',
    }
    expect(inheritEnvironment(env, [...Object.keys(env), 'P*', 'G*', 'D*'])).toEqual({})
    for (const name of [...Object.keys(env), 'GIT_*']) expect(whyNotPassed(name)).toContain('never passed on')
  })

  test('has what passEnv lists, by name or by how names begin', () => {
    const env = { NPM_TOKEN: '1', AWS_REGION: '2', AWS_PROFILE: '3', OTHER: '4' }
    expect(inheritEnvironment(env, ['NPM_TOKEN', 'AWS_*'])).toEqual({
      NPM_TOKEN: '1',
      AWS_REGION: '2',
      AWS_PROFILE: '3',
    })
    expect(whyNotPassed('*')).toContain('no name of a variable')
    expect(whyNotPassed('A=B')).toContain('no name of a variable')
    expect(whyNotPassed('constructor')).toBe(null)
  })

  test('knows the keys of every program that a preset starts', () => {
    const programs = Object.values(PRESETS).map(({ command }) => command[0])
    expect(Object.keys(AGENT_KEYS)).toEqual(expect.arrayContaining(programs))
  })
})
