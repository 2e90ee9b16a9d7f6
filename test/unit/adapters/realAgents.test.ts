import { expect, it } from 'vitest'
import { KNOWN_PROGRAMS } from '../../../src/adapters/agentVersions.ts'
import { PRESETS } from '../../../src/adapters/presets.ts'
import { inheritEnvironment } from '../../../src/processes/inheritEnvironment.ts'
import { AGENTS } from '../../agents/agents.ts'
import { choose } from '../../agents/choose.ts'
import { KNOWN_FAULTS } from '../../agents/knownFaults.ts'
import type { KnownFault } from '../../agents/knownFaults.ts'
import { SCENARIOS } from '../../agents/scenarios/scenarios.ts'
import { expectedCell, findSurprise, keyOf, NOT_RUN, readCells } from '../../agents/table.ts'

it('are tried by every preset of a known agent, in the version that a worker tells people of', () => {
  for (const { name, package: source, version } of AGENTS) {
    const [program = ''] = Object.entries(PRESETS).find(([preset]) => preset === name)?.[1].command ?? []
    expect([name, KNOWN_PROGRAMS[program]]).toEqual([name, { package: source, tried: version }])
  }
  const untried = Object.keys(PRESETS).filter((preset) => !AGENTS.some(({ name }) => name === preset))
  expect(untried).toEqual(['aider', 'claude-terminal'])
})

it('find what they need in the environment of their worker, without being named a variable', () => {
  for (const { settle } of AGENTS) {
    const { env } = settle('http://127.0.0.1:8790')
    expect(inheritEnvironment(env, [])).toMatchObject(env)
  }
})

it('have faults that are known of the versions that are tried, and no others', () => {
  for (const { agent, version, scenario } of KNOWN_FAULTS) {
    expect(AGENTS.find(({ name }) => name === agent)?.version).toBe(version)
    expect(SCENARIOS.some(({ id }) => id === scenario)).toBe(true)
  }
})

it('are able to do what the page says', () => {
  const cells = readCells()
  for (const agent of AGENTS)
    for (const scenario of SCENARIOS) {
      const cell = { agent, scenario }
      const said = cells.get(keyOf(cell))
      if (said !== NOT_RUN) expect([keyOf(cell), said]).toEqual([keyOf(cell), expectedCell(cell)])
    }
})

it('surprise by a failure that is not known, by another one, and by none where one is known', () => {
  const [agent] = AGENTS
  const [scenario] = SCENARIOS
  if (!agent || !scenario) throw new Error('nothing is tried')
  const cell = { agent, scenario }
  const fault: KnownFault = {
    agent: agent.name,
    version: agent.version,
    scenario: scenario.id,
    outcome: 'NO',
    seen: /^it waits/,
    reason: 'it waits by itself',
  }
  expect(findSurprise(cell, { outcome: 'NO', words: 'it waits' }, fault)).toBeNull()
  expect(findSurprise(cell, { outcome: 'YES' }, fault)).toContain('it waits by itself')
  expect(findSurprise(cell, { outcome: 'NO', words: 'something else' }, fault)).toBe('something else')
  expect(findSurprise(cell, { outcome: 'YES' }, undefined)).toBeNull()
  expect(findSurprise(cell, { outcome: 'NO', words: 'it fails' }, undefined)).toBe('it fails')
})

it('are chosen by name, with the scenarios that are wanted', () => {
  const chosen = choose(['codex-acp', 'steer'])
  expect(chosen?.agents.map(({ name }) => name)).toEqual(['codex-acp'])
  expect(chosen?.scenarios.map(({ id }) => id)).toEqual(['steer'])
  expect(choose([])?.agents).toEqual(AGENTS)
  expect(
    choose(['--ci'])
      ?.agents.map(({ name }) => name)
      .slice(0, 2),
  ).toEqual(['gemini', 'codex'])
  expect(() => choose(['steer', 'codecs'])).toThrow('no agent or scenario is called codecs')
})
