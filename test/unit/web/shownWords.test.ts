import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, it } from 'vitest'

const WEB = join(import.meta.dirname, '../../../web/src')

/** Words of the server's insides, and words that have a plainer one on the pages. */
const NOT_SHOWN =
  /\b(epochs?|fences?|revisions?|principals?|mutations?|drawn|family|auto|settled as|the last one told|neither done nor failed|hold it against)\b/i

/** Properties and attributes whose text is shown or read aloud. */
const READ = new Set([
  'title',
  'label',
  'means',
  'verb',
  'alt',
  'placeholder',
  'aria-label',
  'question',
  'confirm',
])

/** The texts of a source file that people see. */
function findShown(source: ts.SourceFile): string[] {
  const shown: string[] = []
  const collect = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node))
      shown.push(node.text)
    ts.forEachChild(node, collect)
  }
  const visit = (node: ts.Node): void => {
    if (ts.isJsxText(node)) shown.push(node.text.trim())
    const isRead =
      (ts.isPropertyAssignment(node) || ts.isJsxAttribute(node)) && READ.has(node.name.getText(source))
    if (isRead && node.initializer) collect(node.initializer)
    // a table of words, such as those of an enum, and what stands between tags
    if (ts.isPropertyAssignment(node) && /^[A-Z_]+$/.test(node.name.getText(source)))
      collect(node.initializer)
    if (ts.isJsxExpression(node) && !ts.isJsxAttribute(node.parent)) collectDirect(node, collect)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return shown.filter((text) => text !== '')
}

/** Collects the texts that an expression between tags can come to. */
function collectDirect({ expression }: ts.JsxExpression, collect: (node: ts.Node) => void): void {
  if (!expression) return
  if (ts.isConditionalExpression(expression)) {
    for (const part of [expression.whenTrue, expression.whenFalse]) if (isText(part)) collect(part)
  } else if (isText(expression)) collect(expression)
}

const isText = (node: ts.Node) => ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)

const parse = (name: string, text: string) =>
  ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX)

it('the pages use plain words, and one for each thing', () => {
  const files = readdirSync(WEB, { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file))
  const texts = files.flatMap((file) =>
    findShown(parse(file, readFileSync(join(WEB, file), 'utf8'))).map((text) => [file, text] as const),
  )
  expect(texts.length).toBeGreaterThan(400)
  expect(texts.filter(([, text]) => NOT_SHOWN.test(text)).map(([file, text]) => `${file}: ${text}`)).toEqual(
    [],
  )
})

it('finds words wherever a page shows them', () => {
  const planted =
    "const W = { DONE: 'a fence' }; const a = <p title={'Epoch'}>{x ? 'Family' : `${y} drawn`} its revision</p>"
  const found = findShown(parse('planted.tsx', planted)).filter((text) => NOT_SHOWN.test(text))
  expect(found.toSorted()).toEqual([' drawn', 'Epoch', 'Family', 'a fence', 'its revision'])
})
