import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { buildSchema } from 'graphql'
import ts from 'typescript'
import { beforeAll, describe, expect, it } from 'vitest'

/**
 * What an editor shows of the SDK as it is published: declarations that `npm run build` made, looked at by TypeScript's
 * language service.
 */
const DECLARATIONS = fileURLToPath(new URL('../../../sdk/dist/index.d.mts', import.meta.url))
const PROGRAM = fileURLToPath(new URL('../../../sdk/dist/shown.mts', import.meta.url))

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
  skipLibCheck: true,
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  types: [],
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.asynciterable.d.ts'],
}

const TEXT = `import { createPawl, match, unwrap, type JsonValue, type ListRunsFields } from './index.mjs'
const pawl = createPawl()
const shownResult = await pawl.runs.resume('run')
const shownRun = unwrap(await pawl.runs.pause('run')).run
const shownRefusal = match(shownResult, { NotResumable: (shownProblem) => shownProblem, _: () => null })
const missing = match(shownResult, {
  ResumeRunSuccess: () => 1,
  NotClaimable: () => 1,
  ConcurrencyConflict: () => 1,
  RevisionConflict: () => 1,
  IdempotencyMismatch: () => 1,
  NotFound: () => 1,
  InvalidInput: () => 1,
  Forbidden: () => 1,
})
const typo = match(shownResult, { NotResumabel: () => 1, _: () => 2 })
const labels = ['a', 'b'] as const
interface Order { readonly pr: number }
declare const order: Order
const accepted = pawl.runs.start({ workflow: 'review', labels, input: order })
const json: JsonValue = { ...shownRun }
await pawl.runs.cancel('run', { comment: 'no' })
`

let service: ts.LanguageService
let checker: ts.TypeChecker
let file: ts.SourceFile
let declared: ts.SourceFile
beforeAll(() => {
  service = ts.createLanguageService({
    readFile: (name) => ts.sys.readFile(name),
    directoryExists: (name) => ts.sys.directoryExists(name),
    getCompilationSettings: () => OPTIONS,
    getScriptFileNames: () => [PROGRAM],
    getScriptVersion: () => '1',
    getScriptSnapshot(name) {
      const text = name === PROGRAM ? TEXT : ts.sys.readFile(name)
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text)
    },
    getCurrentDirectory: () => fileURLToPath(new URL('../../..', import.meta.url)),
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: (name) => name === PROGRAM || ts.sys.fileExists(name),
  })
  const program = service.getProgram()!
  checker = program.getTypeChecker()
  file = program.getSourceFile(PROGRAM)!
  declared = program.getSourceFile(DECLARATIONS)!
}, 60_000)

/** What an editor shows at the first mention of a word. */
function hover(word: string): string {
  const info = service.getQuickInfoAtPosition(PROGRAM, file.text.indexOf(word))
  return ts.displayPartsToString(info?.displayParts)
}

/** The messages about the statement that declares a name. */
function mistakesIn(name: string): string[] {
  const at = file.statements.find((each) => each.getText().startsWith(`const ${name}`))!
  return service
    .getSemanticDiagnostics(PROGRAM)
    .filter(({ start = -1 }) => start >= at.getStart() && start < at.getEnd())
    .map(({ start = 0, length = 0, messageText }) => {
      const where = file.text.slice(start, start + length)
      return `${where}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`
    })
}

describe('an editor', () => {
  it('shows types by their names', () => {
    expect(hover('shownResult')).toBe('const shownResult: ResumeRunResult')
    expect(hover('shownRun')).toBe('const shownRun: Run')
    expect(hover('shownRefusal')).toBe('const shownRefusal: NotResumable | null')
    expect(hover('shownProblem')).toBe('(parameter) shownProblem: NotResumable')
  })

  it('names the case that a match lacks, and the one that is none', () => {
    expect(mistakesIn('missing').join()).toMatch(/Property 'NotResumable' is missing in type/)
    expect(mistakesIn('typo')).toEqual([
      "NotResumabel: Type '() => number' is not assignable to type 'never'.",
    ])
  })

  it('lets inputs be readonly lists and interfaces, and answers be passed on as JSON', () => {
    expect(mistakesIn('accepted')).toEqual([])
    expect(mistakesIn('json')).toEqual([])
    expect(service.getSemanticDiagnostics(PROGRAM)).toHaveLength(2)
  })

  it('shows the description of a field where it is given', () => {
    const info = service.getQuickInfoAtPosition(PROGRAM, file.text.indexOf('comment:'))
    expect(ts.displayPartsToString(info?.documentation)).not.toBe('')
  })
})

const schema = buildSchema(readFileSync('schema/schema.graphql', 'utf8'))

/** The fields of the members of a type, as far as they are declared field by field. */
function fieldsOf(type: ts.Type): ts.Symbol[] {
  if (type.isUnion()) return type.types.flatMap(fieldsOf)
  return checker
    .getPropertiesOfType(type)
    .filter(({ declarations }) =>
      declarations?.some((each) => each.getSourceFile() === declared && ts.isPropertySignature(each)),
    )
}

it('every field that the schema describes has its description', () => {
  const seen = new Set<ts.Symbol>()
  const silent: string[] = []
  const visit = (path: string, type: ts.Type): void => {
    for (const field of fieldsOf(type)) {
      const declaration = field.declarations?.[0]
      if (!declaration || seen.has(field)) continue
      seen.add(field)
      const of = checker.getTypeOfSymbol(field)
      const isPlain = field.name === '__typename' || isNever(of)
      if (!isPlain && field.getDocumentationComment(checker).length === 0)
        silent.push(`${path}.${field.name}`)
      visit(`${path}.${field.name}`, elementOf(checker.getNonNullableType(of)))
    }
  }
  for (const symbol of checker.getExportsOfModule(checker.getSymbolAtLocation(declared)!)) {
    const own = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
    // Payloads come from the schema of events, which describes what its names do not say.
    if (own.name === 'RunEvent') continue
    const isOfSchema = own.name in schema.getTypeMap() || /(Detail|Result)$/.test(own.name)
    if (isOfSchema && own.flags & (ts.SymbolFlags.TypeAlias | ts.SymbolFlags.Interface))
      visit(own.name, checker.getDeclaredTypeOfSymbol(own))
  }
  expect(silent).toEqual([])
  expect(seen.size).toBeGreaterThan(750)
})

function isNever(type: ts.Type): boolean {
  return (type.flags & (ts.TypeFlags.Never | ts.TypeFlags.Undefined)) !== 0
}

function elementOf(type: ts.Type): ts.Type {
  return checker.getIndexTypeOfType(type, ts.IndexKind.Number) ?? type
}
