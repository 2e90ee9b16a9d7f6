import { describe, expect, test } from 'vitest'
import { BUILTIN_WORKFLOWS } from '../../../src/lifecycle/workflow/builtins.ts'
import { declaredPathIssues } from '../../../src/lifecycle/workflow/declaredPath.ts'
import {
  isDeclaredJson,
  isLastPhase,
  parseWorkflow,
  toJson,
  workflowPhase,
} from '../../../src/lifecycle/workflow/workflow.ts'
import { define, TEST_WORKFLOWS } from '../../support/workflows.ts'

const SOUND = {
  name: 'sound',
  version: 1,
  initialPhase: 'a',
  phases: [
    { key: 'a', next: ['b'] },
    { key: 'b', final: true },
  ],
}
const issuesOf = (changes: Record<string, unknown>) => {
  const parsed = parseWorkflow({ ...SOUND, ...changes })
  return parsed.ok ? [] : parsed.issues.map(({ path, message }) => [path.join('.'), message.split(':')[0]])
}

describe('a workflow', () => {
  test('that is sound is taken, with everything it leaves out filled in', () => {
    const parsed = parseWorkflow(SOUND)
    expect(parsed).toMatchObject({
      ok: true,
      definition: {
        completeRoundAt: null,
        maxRounds: 1,
        onOwnerLost: 'FAIL',
        timeouts: { queueSeconds: null, runSeconds: null, idleSeconds: null },
        phases: [
          { key: 'a', final: false, artifact: null, approval: null, role: null },
          { key: 'b', next: [] },
        ],
      },
    })
    if (parsed.ok) expect(parseWorkflow(toJson(parsed.definition))).toEqual(parsed)
  })

  test.for([...BUILTIN_WORKFLOWS, ...TEST_WORKFLOWS])('that is $name is sound', (workflow) => {
    expect(parseWorkflow(toJson(workflow))).toEqual({ ok: true, definition: workflow })
  })

  test.for([
    [
      'an edge to nowhere',
      { phases: [{ key: 'a', next: ['z', 'b'] }, SOUND.phases[1]] },
      ['phases.0.next.0', 'unknown target'],
    ],
    [
      'a phase declared twice',
      { phases: [...SOUND.phases, SOUND.phases[1]] },
      ['phases.2.key', 'duplicate phase'],
    ],
    [
      'no way to a phase',
      { phases: [...SOUND.phases, { key: 'c', final: true }] },
      ['phases.2', 'unreachable phase'],
    ],
    [
      'a loop that nothing leads out of',
      { phases: [{ key: 'a', next: ['b', 'c'] }, SOUND.phases[1], { key: 'c', next: ['c'] }] },
      ['phases.2', 'dead end'],
    ],
    ['an unknown initial phase', { initialPhase: 'z' }, ['initialPhase', 'unknown initial phase']],
    ['an unknown round phase', { completeRoundAt: 'z' }, ['completeRoundAt', 'unknown round phase']],
    ['rounds that nothing completes', { maxRounds: 2 }, ['maxRounds', 'rounds without an end']],
    ['no final phase', { phases: [{ key: 'a', next: ['b'] }, { key: 'b' }] }, ['phases', 'no final phase']],
  ] as const)('with %s is refused, saying where', ([, changes, issue]) => {
    expect(issuesOf(changes)).toEqual([issue])
  })

  test.for([
    ['no phases', { phases: [] }, 'phases'],
    ['a version that is no whole number', { version: 1.5 }, 'version'],
    ['a version of 0', { version: 0 }, 'version'],
    ['a name with a blank', { name: 'my workflow' }, 'name'],
    ['a field that it does not know', { retries: 3 }, ''],
    [
      'an empty question',
      { phases: [{ key: 'a', approval: { gate: 'g', question: '' }, final: true }] },
      'phases.0.approval.question',
    ],
    ['a limit of no time', { timeouts: { runSeconds: 0 } }, 'timeouts.runSeconds'],
    ['an owner lost to no rule', { onOwnerLost: 'IGNORE' }, 'onOwnerLost'],
  ] as const)('with %s is refused by its shape', ([, changes, path]) => {
    expect(issuesOf(changes).map(([at]) => at)).toEqual([path])
  })

  test('tells all of its mistakes at once', () => {
    const issues = issuesOf({
      initialPhase: 'z',
      completeRoundAt: 'y',
      phases: [{ key: 'a', next: ['x', 'w'] }, { key: 'a' }],
    })
    expect(issues).toHaveLength(6)
  })

  test('is refused, never thrown at, whatever comes', () => {
    for (const candidate of [null, undefined, 1, 'x', [], {}, { phases: 1 }, { ...SOUND, phases: [null] }])
      expect(parseWorkflow(candidate).ok).toBe(false)
  })
})

describe('the prompt of a phase', () => {
  const withPrompt = (prompt: string, phase: Record<string, unknown> = {}) =>
    parseWorkflow({
      ...SOUND,
      phases: [{ key: 'a', next: ['b'], role: 'writer', prompt, ...phase }, SOUND.phases[1]],
    })
  const mistakesOf = (prompt: string, phase: Record<string, unknown> = {}) => {
    const parsed = withPrompt(prompt, phase)
    return parsed.ok ? [] : parsed.issues.map(({ path, message }) => `${path.join('.')} ${message}`)
  }
  const FILE = { artifact: { path: 'a.json', schema: { type: 'object' } } }

  test('may name what a run has', () => {
    const prompt =
      '{{title}} {{ input }} {{input.repo.name}} {{run}} {{workflow}} {{phase}} {{role}} {{round}} {{attempt}} {{next}} ' +
      '{{feedback}} {{artifact.path}} {{artifact.mediaType}} {{artifact.schema}}, and {{ is no placeholder, nor is { {x} }'
    expect(mistakesOf(prompt, FILE)).toEqual([])
  })

  test('is kept as it is, and a phase without one is kept without one', () => {
    const parsed = withPrompt('Do {{title}}')
    expect(parsed).toMatchObject({ ok: true, definition: { phases: [{ prompt: 'Do {{title}}' }, {}] } })
    if (parsed.ok) expect(parsed.definition.phases[1]).not.toHaveProperty('prompt')
  })

  test('that names something else is refused, each name once and all at once', () => {
    expect(mistakesOf('{{titel}} {{titel}} {{input.}} {{ }} {{artifact}}', FILE)).toEqual([
      expect.stringMatching(
        /^phases\.0\.prompt unknown placeholder: \{\{titel\}\} \(known: title, input, input\.NAME, /,
      ),
      expect.stringContaining('unknown placeholder: {{input.}}'),
      expect.stringContaining('unknown placeholder: {{}}'),
      expect.stringContaining('unknown placeholder: {{artifact}}'),
    ])
  })

  test('that names a file or a schema which the phase does not declare is refused', () => {
    expect(mistakesOf('{{artifact.path}}')).toEqual([
      'phases.0.prompt empty placeholder: {{artifact.path}}, but no artifact is declared',
    ])
    expect(mistakesOf('{{artifact.schema}}', { artifact: { path: 'a.md' } })).toEqual([
      'phases.0.prompt empty placeholder: {{artifact.schema}}, but the artifact declares no schema',
    ])
  })

  test('of a phase that no agent works on is refused', () => {
    expect(mistakesOf('Go', { role: null })).toEqual([
      'phases.0.prompt prompt without a reader: the phase has no role',
    ])
  })
})

test('a run may be completed at a final phase, and where nothing can follow', () => {
  const parsed = parseWorkflow({
    ...SOUND,
    phases: [{ key: 'a', next: ['b', 'c'] }, { key: 'b', final: true, next: ['a'] }, { key: 'c' }],
  })
  if (!parsed.ok) throw new Error('not sound')
  const last = (key: string) => isLastPhase(workflowPhase(parsed.definition, key))
  expect([last('a'), last('b'), last('c')]).toEqual([false, true, true])
})

describe('the path of a declared file', () => {
  const issuesAt = (path: string) =>
    declaredPathIssues(
      define({ name: 'filed', initialPhase: 'a', phases: [{ key: 'a', final: true, artifact: { path } }] }),
    )

  test.for([
    'plan.md',
    'docs/plan.md',
    '.pawl/out.json',
    'a b/ü.txt',
    '.gitignore',
    'x.git/y',
    '..a/b..',
    '…',
  ])('is taken as %s', (path) => expect(issuesAt(path)).toEqual([]))

  test.for([
    [' ', 'empty'],
    ['/etc/passwd', 'absolute'],
    ['C:/plan.md', 'absolute'],
    ['../plan.md', 'upwards'],
    ['a/../../b', 'upwards'],
    ['a/..', 'upwards'],
    ['plan.md/', 'ends in /'],
    ['./plan.md', 'empty step'],
    ['a//b', 'empty step'],
    ['.git/config', '.git'],
    ['sub/.GIT/hooks/pre-commit', '.git'],
    ['.git', '.git'],
    ['a\\b', 'backslash'],
    ['a\u0000b', 'control'],
    ['a\nb', 'control'],
    ['ü'.repeat(128), '255 bytes'],
  ] as const)('is refused as %j', ([path, because]) => {
    expect(issuesAt(path)).toEqual([
      { path: ['phases', '0', 'artifact', 'path'], message: expect.stringContaining(because) },
    ])
  })

  test('that was registered before it was looked at is still one that can be run', () => {
    const old = define({
      name: 'old',
      initialPhase: 'a',
      phases: [{ key: 'a', final: true, artifact: { path: '../a' } }],
    })
    expect(parseWorkflow(toJson(old))).toEqual({ ok: true, definition: old })
  })
})

test.for([
  ['a.json', 'application/json', true],
  ['A.JSON', 'application/json', true],
  ['plan.md', 'application/json', false],
  ['plan', 'application/json', false],
  ['plan', 'application/json; charset=utf-8', true],
  ['plan', 'text/json', true],
  ['feed', 'application/feed+json', true],
  ['a.json', 'text/plain', false],
  ['a.jsonl', 'application/x-ndjson', false],
] as const)('a file %s of media type %s is declared as JSON: %s', ([path, mediaType, expected]) => {
  expect(isDeclaredJson({ path, mediaType })).toBe(expected)
})
