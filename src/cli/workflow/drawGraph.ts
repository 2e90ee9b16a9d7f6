import type { WorkflowDetail } from '@pawl/sdk'

/** Draws a workflow in a graph language. */
export type DrawGraph = (workflow: WorkflowDetail) => string

/** The graph languages. */
export const GRAPH_FORMATS = { mermaid: drawMermaid, dot: drawDot } as const satisfies Record<
  string,
  DrawGraph
>

/** The lines in the box of a phase: key, role, file, approval. */
function describePhase(workflow: WorkflowDetail, phase: WorkflowDetail['phases'][number]): string[] {
  const lines = [phase.key]
  if (phase.role) lines.push(`(${phase.role})`)
  if (phase.artifactPath) lines.push(phase.artifactPath)
  if (phase.isApprovalRequired) lines.push('approval')
  if (phase.key === roundEndOf(workflow)) lines.push('completes the round')
  return lines
}

function roundEndOf({ definition }: WorkflowDetail): unknown {
  const isObject = typeof definition === 'object' && definition !== null
  return isObject && 'completeRoundAt' in definition ? definition['completeRoundAt'] : null
}

/** A node name for a phase: keys may be reserved words of the language, as `end` is. */
function nameOf({ phases }: WorkflowDetail, key: string): string {
  return `p${phases.findIndex((phase) => phase.key === key)}`
}

/** A flowchart for Mermaid, as GitHub and many editors show it. */
function drawMermaid(workflow: WorkflowDetail): string {
  const name = (key: string) => nameOf(workflow, key)
  const boxes = workflow.phases.map((phase) => {
    const label = describePhase(workflow, phase).map(escapeMermaid).join('<br/>')
    const [open, close] = phase.isFinal ? ['([', '])'] : phase.isApprovalRequired ? ['{{', '}}'] : ['[', ']']
    return `  ${name(phase.key)}${open}"${label}"${close}`
  })
  const ways = workflow.phases.flatMap(({ key, next }) => next.map((to) => `  ${name(key)} --> ${name(to)}`))
  const begin = ['  begin(( ))', `  begin --> ${name(workflow.initialPhase)}`]
  const title = `${workflow.name} v${workflow.version}`
  return ['---', `title: ${title}`, '---', 'flowchart TD', ...begin, ...boxes, ...ways].join('\n')
}

/** Escapes the special characters of Mermaid and HTML as Mermaid's entities. */
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
    const shape = phase.isFinal ? 'doubleoctagon' : phase.isApprovalRequired ? 'hexagon' : 'box'
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
