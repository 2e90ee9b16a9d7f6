import { relative, sep } from 'node:path'

/** The files that write a status: the apply statement, the statement that begins a run, and the rows below both. */
export const WRITERS = [
  'src/store/run/applyDecision.ts',
  'src/store/run/createRun.ts',
  'src/store/rows/workRows.ts',
]

const SQL =
  /\b(?:UPDATE\s+"?(?:run|phase|phase_attempt)"?\b[^;]*?\bSET\b(?:(?!\b(?:FROM|WHERE|RETURNING)\b)[^;])*?\bstatus"?\s*=|INSERT\s+INTO\s+"?(?:run|phase|phase_attempt)"?\b)/i
const PRISMA_WRITES =
  /^(?:create|createMany|createManyAndReturn|update|updateMany|updateManyAndReturn|upsert)$/

export const oneWriter = {
  meta: { type: 'problem', docs: { description: 'only the apply statement writes a status' } },
  create(context) {
    const here = relative(context.cwd, context.filename).split(sep).join('/')
    if (!here.startsWith('src/') || WRITERS.includes(here)) return {}
    const report = (node) => context.report({ node, message: `a status is written in ${WRITERS[0]} only` })
    return {
      TemplateLiteral(node) {
        if (SQL.test(node.quasis.map((quasi) => quasi.value.raw).join('?'))) report(node)
      },
      Literal(node) {
        if (typeof node.value === 'string' && SQL.test(node.value)) report(node)
      },
      CallExpression(node) {
        const { callee } = node
        if (callee.type !== 'MemberExpression' || !PRISMA_WRITES.test(callee.property.name ?? '')) return
        if (mentionsStatus(node.arguments)) report(node)
      },
    }
  },
}

function mentionsStatus(nodes) {
  return nodes.some(
    (node) =>
      node?.type === 'ObjectExpression' &&
      node.properties.some(
        (property) =>
          property.type === 'Property' &&
          (property.key.name === 'status' || mentionsStatus([property.value])),
      ),
  )
}
