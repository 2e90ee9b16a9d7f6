import type { RunDetail, WorkflowDetail } from '@pawl/sdk'
import { describe, expect, it } from 'vitest'
import { nextStepOf } from '../../../src/cli/kit/nextStep.ts'
import { safeLines } from '../../../src/cli/terminal/width.ts'
import { GRAPH_FORMATS } from '../../../src/cli/workflow/drawGraph.ts'
import { makeApproval, makeDetail } from '../sdk/words.ts'

const phase = (key: string, fields: Partial<WorkflowDetail['phases'][number]> = {}) => ({
  key,
  next: [],
  isFinal: false,
  role: null,
  isApprovalRequired: false,
  artifactPath: null,
  ...fields,
})

const workflow: WorkflowDetail = {
  id: 'wfl_01',
  project: null,
  name: 'odd',
  version: 3,
  initialPhase: 'end',
  createdAt: '2026-01-01T00:00:00.000Z',
  definition: { completeRoundAt: 'graph' },
  phases: [
    phase('end', { next: ['graph', 'end'], artifactPath: 'a "b" <c>\\d#.md' }),
    phase('graph', { next: ['class'], role: 'drawer', isApprovalRequired: true }),
    phase('class', { isFinal: true }),
  ],
}

describe('a graph', () => {
  it('is safe from keys that a language reserves and from whatever stands in a path, in Mermaid', () => {
    expect(GRAPH_FORMATS.mermaid(workflow).split('\n')).toEqual([
      '---',
      'title: odd v3',
      '---',
      'flowchart TD',
      '  begin(( ))',
      '  begin --> p0',
      '  p0["end<br/>a #34;b#34; #60;c#62;#92;d#35;.md"]',
      '  p1{{"graph<br/>(drawer)<br/>approval<br/>completes the round"}}',
      '  p2(["class"])',
      '  p0 --> p1',
      '  p0 --> p0',
      '  p1 --> p2',
    ])
  })

  it('is so in the language of Graphviz', () => {
    const dot = GRAPH_FORMATS.dot(workflow)
    expect(dot).toContain(String.raw`p0 [label="end\na \"b\" <c>\\d#.md", shape=box]`)
    expect(dot).toContain('p1 -> p2')
    expect(dot).toContain('p2 [label="class", shape=doubleoctagon]')
  })
})

describe('text that is decided about', () => {
  it('is shown whole: what can not be seen, hides or reorders is written out', () => {
    expect(safeLines('a\r\n\tb\n\n')).toEqual(['a', '  b'])
    expect(safeLines('\u001b[31mred\u0007')).toEqual(['\\u{1b}[31mred\\u{7}'])
    expect(safeLines('if (admin\u202e\u2066) {')).toEqual(['if (admin\\u{202e}\\u{2066}) {'])
    expect(safeLines('a\u200bb\u{e0041}c\rd')).toEqual(['a\\u{200b}b\\u{e0041}c\\u{d}d'])
    expect(safeLines('naïve – 漢字 👩‍👩‍👧')[0]).toMatch(/^naïve – 漢字 👩/u)
  })
})

describe('the next step', () => {
  const at = (missing: RunDetail['missingEvidence'], artifactPath: string | null = null): RunDetail =>
    makeDetail({
      nextAction: 'WORK',
      missingEvidence: missing,
      workflow: { id: 'w', name: 'w', version: 1, phases: [phase('plan', { artifactPath })] },
      currentPhase: {
        id: 'phs_01',
        key: 'plan',
        round: 1,
        status: 'RUNNING',
        attempts: 1,
        isFinalPhase: false,
        role: null,
        nextPhases: ['build'],
        startedAt: null,
        endedAt: null,
        error: null,
      },
    })
  const artifact = { kind: 'ARTIFACT', phase: 'plan', detail: 'no file' } as const
  const approval = { kind: 'APPROVAL', phase: 'plan', detail: 'not approved' } as const
  const round = { kind: 'ROUND', phase: 'plan', detail: 'not complete' } as const

  it.each([
    [
      'hands over the file that is due first',
      [approval, artifact, round],
      "pawl artifact submit plan 'a b.md'",
    ],
    ['asks for the approval that no file asks for', [approval, round], 'pawl approval request --phase plan'],
    ['completes the round then', [round], 'pawl round complete'],
    ['goes on where nothing is due', [], 'pawl phase advance build'],
  ] as const)('%s', (_, missing, command) => {
    expect(nextStepOf(at([...missing], 'a b.md')).command).toBe(command)
  })

  it('is a decision where a person is asked, which names the approval where it is known', () => {
    const run = makeDetail({ nextAction: 'DECIDE_APPROVAL' })
    expect(nextStepOf(run, makeApproval({ id: 'apr_7' })).command).toBe('pawl approval decide apr_7')
    expect(nextStepOf(run).command).toBeNull()
  })
})
