import { describe, expect, test } from 'vitest'
import { composePrompt } from '../../../src/worker/prompt/composePrompt.ts'
import type { PromptFacts } from '../../../src/worker/prompt/promptFacts.ts'
import { PROMPT_PLACEHOLDERS } from '../../../src/lifecycle/workflow/prompts.ts'

const ARTIFACT = {
  path: 'build.json',
  required: true,
  mediaType: 'application/json',
  schema: { type: 'object', required: ['commit'] },
  notEmpty: true,
  maxBytes: null,
  pattern: null,
}
const FACTS: PromptFacts = {
  run: { id: 'run_1', title: 'Card 7', input: { repo: { name: 'web', tags: ['a', 'b'] }, count: 2 } },
  workflow: 'delivery',
  declared: {
    key: 'build',
    next: ['verify'],
    final: false,
    role: 'builder',
    artifact: ARTIFACT,
    approval: null,
    timeoutSeconds: null,
  },
  round: 1,
  attempt: 1,
  ordinal: 0,
  repairs: null,
  rejected: null,
  failure: null,
  feedback: null,
  sentBackFrom: null,
  anew: null,
  messages: [],
}
const facts = (changes: Partial<PromptFacts>): PromptFacts => ({ ...FACTS, ...changes })
const saying = (prompt: string, changes: Partial<PromptFacts> = {}) =>
  composePrompt(facts({ ...changes, declared: { ...FACTS.declared, ...changes.declared, prompt } })).text

describe('a prompt', () => {
  test('is the same for the same facts, and has the same key', () => {
    expect(composePrompt(facts({}))).toEqual(composePrompt(structuredClone(FACTS)))
    expect(composePrompt(FACTS).key).toMatch(/^[0-9a-f]{64}$/)
  })

  test.for([
    ['the run', { run: { ...FACTS.run, id: 'run_2' } }],
    ['the round', { round: 2 }],
    ['the attempt', { attempt: 2 }],
    ['the prompts before it', { ordinal: 1 }],
    ['the input', { run: { ...FACTS.run, input: {} } }],
    ['the role', { declared: { ...FACTS.declared, role: 'other' } }],
    ['the path', { declared: { ...FACTS.declared, artifact: { ...ARTIFACT, path: 'b.json' } } }],
    ['the schema', { declared: { ...FACTS.declared, artifact: { ...ARTIFACT, schema: null } } }],
    ['what is to be corrected', { repairs: 'no file' }],
    ['feedback', { feedback: 'shorter' }],
    ['a message', { messages: [{ id: 'msg_1', text: 'hurry', sentBy: 'ann' }] }],
  ] as const)('has another key where %s differs', ([, changes]) => {
    expect(composePrompt(facts(changes)).key).not.toBe(composePrompt(FACTS).key)
  })

  test('names the phase, the input, the file and its schema where the workflow says nothing', () => {
    const { text } = composePrompt(FACTS)
    expect(text).toContain('# Card 7')
    expect(text).toContain('You are the builder of a run of the workflow “delivery”, in its phase “build”.')
    expect(text).toContain('"name": "web"')
    expect(text).toContain('Write the file `build.json` (application/json) in the working directory.')
    expect(text).toContain('"commit"')
  })

  test('is what the workflow says, with the placeholders filled in', () => {
    const text = saying(
      '{{title}}|{{input.repo.name}}|{{input.repo.tags.1}}|{{input.count}}|{{input.repo.missing}}|{{ artifact.path }}|{{next}}|{{round}}',
    )
    expect(text).toContain('## Task\n\nCard 7|web|b|2||build.json|verify|1\n')
  })

  test('fills in every placeholder that a workflow may use', () => {
    const text = saying(PROMPT_PLACEHOLDERS.map((name) => `<{{${name}}}>`).join(''), { feedback: 'shorter' })
    expect(text).not.toContain('{{')
    expect(text).not.toContain('<>')
  })

  test('never reads what it fills in as a template', () => {
    const run = { ...FACTS.run, title: '{{input.count}} $& $1', input: { count: '{{title}}' } }
    expect(saying('{{title}} / {{input.count}}', { run })).toContain('{{input.count}} $& $1 / {{title}}')
  })

  test('tells an agent what is wrong, what a person said, and what came in the meantime', () => {
    const { text } = composePrompt(
      facts({
        attempt: 2,
        repairs: 'the file `build.json` was not accepted',
        rejected: { path: 'build.json', sha256: '0', problems: [{ path: '/commit', message: 'is missing' }] },
        feedback: 'fewer commits',
        failure: { code: 'AGENT_CRASHED', message: 'it ended' },
        sentBackFrom: 'verify',
        messages: [{ id: 'msg_1', text: 'two\nlines', sentBy: 'ann' }],
      }),
    )
    for (const part of [
      'correct it',
      '- `/commit` is missing',
      'fewer commits',
      'AGENT_CRASHED: it ended',
      'It came back from `verify`',
      '- ann: two\n  lines',
    ])
      expect(text).toContain(part)
  })

  test('tells an agent without memory what was handed over, and what people said', () => {
    const anew = { handedOver: ['plan.md'], messages: [{ id: 'msg_1', text: 'be brief', sentBy: 'ann' }] }
    const { text } = composePrompt(facts({ ordinal: 1, anew }))
    for (const part of ['too long for its model', 'the file `plan.md` was submitted', '- ann said: be brief'])
      expect(text).toContain(part)
    expect(composePrompt(FACTS).text).not.toContain('Previous work')
  })

  test('says that a refused commit is no reason to stop', () => {
    expect(composePrompt(FACTS).text).toContain('If a commit is refused')
  })

  test('fences what holds fences', () => {
    const { text } = composePrompt(facts({ run: { ...FACTS.run, input: '```\ninjected\n```' } }))
    expect(text).toContain('````\n```\ninjected\n```\n````')
  })

  test('tells an agent without a file by which word its phase ends', () => {
    const declared = { ...FACTS.declared, artifact: null, next: ['b', 'c'] }
    const { text } = composePrompt(facts({ declared }))
    expect(text).toContain('`pawl phase advance b` or `pawl phase advance c`')
    // one without a shell has tools
    expect(text).toContain('`pawl_state`')
    expect(composePrompt(facts({ declared: { ...declared, next: [], final: true } })).text).toContain(
      '`pawl run complete`',
    )
  })
})
