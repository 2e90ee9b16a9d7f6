import type { WorkflowDetail } from '@pawl/sdk'

/** Draws a workflow in a language of graphs. */
export type DrawGraph = (workflow: WorkflowDetail) => string

/** Languages that a workflow is drawn in. */
export const GRAPH_FORMATS = { mermaid: drawMermaid, dot: drawDot } as const satisfies Record<
  string,
  DrawGraph
>

/** What stands in the box of a phase, line by line: its key, its role, its file, whether a person approves it. */
function describePhase(workflow: WorkflowDetail, phase: WorkflowDetail['phases'][number]): string[] {
  const lines = [phase.key]
  if (phase.role) lines.push(`(${phase.role})`)
  if (phase.artifactPath) lines.push(phase.artifactPath)
  if (phase.requiresApproval) lines.push('approval')
  if (phase.key === roundEndOf(workflow)) lines.push('completes the round')
  return lines
}

function roundEndOf({ definition }: WorkflowDetail): unknown {
  const isObject = typeof definition === 'object' && definition !== null
  return isObject && 'completeRoundAt' in definition ? definition['completeRoundAt'] : null
}

/** Each phase under a name that no language reserves, as `end` is in some. */
function nameOf({ phases }: WorkflowDetail, key: string): string {
  return `p${phases.findIndex((phase) => phase.key === key)}`
}

/** A flowchart for Mermaid, as GitHub and many editors show it. */
function drawMermaid(workflow: WorkflowDetail): string {
  const name = (key: string) => nameOf(workflow, key)
  const boxes = workflow.phases.map((phase) => {
    const label = describePhase(workflow, phase).map(escapeMermaid).join('<br/>')
    const [open, close] = phase.isFinal ? ['([', '])'] : phase.requiresApproval ? ['{{', '}}'] : ['[', ']']
    return `  ${name(phase.key)}${open}"${label}"${close}`
  })
  const ways = workflow.phases.flatMap(({ key, next }) => next.map((to) => `  ${name(key)} --> ${name(to)}`))
  const begin = ['  begin(( ))', `  begin --> ${name(workflow.initialPhase)}`]
  const title = `${workflow.name} v${workflow.version}`
  return ['---', `title: ${title}`, '---', 'flowchart TD', ...begin, ...boxes, ...ways].join('\n')
}

/** Characters that mean something in Mermaid or HTML, as the entities that Mermaid knows. */
function escapeMermaid(text: string): string {
  return text.replace(/[^\w ().,/:-]/gu, (each) => `#${each.codePointAt(0)};`)
}

/** A digraph for Graphviz. */
function drawDot(workflow: WorkflowDetail): string {
  const name = (key: string) => nameOf(workflow, key)
  const boxes = workflow.phases.map((phase) => {
    const label = describePhase(workflow, phase)
      .map(escapeDot)
      .join(String.raw`\n`)
    const shape = phase.isFinal ? 'doubleoctagon' : phase.requiresApproval ? 'hexagon' : 'box'
    return `  ${name(phase.key)} [label="${label}", shape=${shape}]`
  })
  const ways = workflow.phases.flatMap(({ key, next }) => next.map((to) => `  ${name(key)} -> ${name(to)}`))
  return [
    'digraph {',
    `  label="${escapeDot(`${workflow.name} v${workflow.version}`)}"`,
    '  begin [label="", shape=circle, width=0.2]',
    ...boxes,
    `  begin -> ${name(workflow.initialPhase)}`,
    ...ways,
    '}',
  ].join('\n')
}

function escapeDot(text: string): string {
  return text
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', ' ')
}
