import { describe, expect, it } from 'vitest'
import { agentDefinitionSchema } from '../../../src/adapters/kit/agentDefinition.ts'
import { fillCommand } from '../../../src/adapters/kit/fillCommand.ts'
import { SessionIdFinder } from '../../../src/adapters/kit/findSessionId.ts'
import { PRESETS } from '../../../src/adapters/presets.ts'
import { toTypeable } from '../../../src/adapters/tmux/typeable.ts'

describe('presets', () => {
  it.each(Object.entries(PRESETS))('define %s completely', (_, preset) => {
    const definition = agentDefinitionSchema.parse(preset)
    const words = [...definition.command, ...(definition.resume ?? [])].join(' ')
    expect(words.includes('{promptFile}')).toBe(definition.prompt === 'file')
    expect(words).not.toContain('{prompt}')
    expect(definition.prompt === 'keys').toBe(definition.adapter === 'tmux')
    expect(definition.prompt === null).toBe(definition.adapter === 'acp')
    // Who is taken up again has to be known by what it prints, or by what it was told.
    if (definition.resume) expect(definition.resume.join(' ')).toContain('{session}')
  })

  it('have their agents work where nobody can be asked, and read what they print', () => {
    for (const words of [PRESETS.gemini.command, PRESETS.gemini.resume])
      expect(words).toEqual(expect.arrayContaining(['--skip-trust', '--approval-mode=yolo']))
    for (const name of ['claude', 'codex', 'gemini', 'opencode', 'pi', 'qwen'] as const)
      expect(PRESETS[name].output).toBe(`jsonl:${name}`)
    // its terminal can't be told from a question whether its folder is to be trusted
    expect(Object.keys(PRESETS)).not.toContain('codex-terminal')
  })
})

describe('a definition', () => {
  const problemsOf = (settings: object) =>
    agentDefinitionSchema
      .safeParse({ command: ['agent'], ...settings })
      .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)

  it('over ACP needs its command alone, and says what it does not take', () => {
    expect(problemsOf({ adapter: 'acp' })).toBeUndefined()
    expect(problemsOf({ adapter: 'acp', mode: 'default', permissions: { execute: 'ask' } })).toBeUndefined()
    expect(problemsOf({ adapter: 'acp', prompt: 'stdin', resume: ['agent'] })).toEqual([
      'prompt: the adapter acp does this by its protocol',
      'resume: the adapter acp does this by its protocol',
    ])
    expect(problemsOf({ adapter: 'acp', permissions: { execute: 'maybe' } })).toEqual([
      expect.stringContaining('permissions.execute'),
    ])
    expect(problemsOf({ adapter: 'acp', permissions: { shell: 'allow' } })).toHaveLength(1)
  })

  it('of another adapter says how the agent is prompted, and nothing that only ACP knows', () => {
    expect(problemsOf({ adapter: 'process' })).toEqual(['prompt: say how the agent is given its prompt'])
    expect(problemsOf({ adapter: 'process', prompt: 'stdin', mode: 'default', permissions: {} })).toEqual([
      'mode: only the adapter acp knows it',
      'permissions: only the adapter acp knows it',
    ])
  })
})

describe('a session id', () => {
  it('is found across pieces, the last one counts, and also at the end of much output', () => {
    const finder = new SessionIdFinder('id=(\\w+);')
    expect(finder.take(Buffer.from('hello id=a'))).toBe(null)
    expect(finder.take(Buffer.from('bc; and id=d'))).toBe('abc')
    expect(finder.take(Buffer.from('ef;'))).toBe('def')
    for (let i = 0; i < 20; i += 1) expect(finder.take(Buffer.alloc(65_536, 'x'))).toBe(null)
    expect(finder.take(Buffer.from('id=last;'))).toBe(null)
    expect(finder.end()).toBe('last')
    expect(finder.take(Buffer.from('id=last;'))).toBe(null)
  })
})

describe('a command', () => {
  const fillings = { prompt: 'do {workspace}', promptFile: '/p', session: null, workspace: '/w' }

  it('is filled in once, in any word', () => {
    expect(fillCommand(['a', '--dir={workspace}', '{prompt}', '{other}', '{session}'], fillings)).toEqual([
      'a',
      '--dir=/w',
      'do {workspace}',
      '{other}',
      '',
    ])
  })

  it('refuses what no argument can hold', () => {
    for (const prompt of ['a\0b', 'é'.repeat(70_000)])
      expect(() => fillCommand(['a', '{prompt}'], { ...fillings, prompt })).toThrow(
        expect.objectContaining({ code: 'PROMPT_UNSENDABLE' }),
      )
  })
})

describe('what is typed', () => {
  it('has its lines and tabs, and its control characters written out', () => {
    expect(toTypeable('a\r\n\tb\rc\u001b[201~\u0003\u009b\u007f é')).toBe(
      'a\n\tb\nc\\u001b[201~\\u0003\\u009b\\u007f é',
    )
  })
})
