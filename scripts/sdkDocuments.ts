import { createHash } from 'node:crypto'
import { Kind, print, stripIgnoredCharacters } from 'graphql'
import type { DocumentNode, FragmentDefinitionNode, OperationDefinitionNode } from 'graphql'
import { createWriter } from '../sdk/kit/document.ts'

/**
 * The operations as TypeScript: each a plain string, typed by its result and variables. Every fragment is written once,
 * and so is what all mutations with one input have in common; otherwise a run's fields would repeat in forty documents.
 */
export function writeDocuments(document: DocumentNode): string {
  const { operations, fragments } = readDefinitions(document)
  const bodies = Object.entries(fragments)
    .map(([name, body]) => `  ${name}: ${quote(body)},\n`)
    .toSorted()
  const constants = `const documents = /* @__PURE__ */ createWriter({\n${bodies.join('')}})\n`
  return `${[constants, ...operations.map(writeOperation)].join('\n')}\n`
}

/** The documents as the SDK sends them, by the SHA-256 of their texts, in the order of their names. */
export function listDocuments(document: DocumentNode): Record<string, string> {
  const { operations, fragments } = readDefinitions(document)
  const writer = createWriter(fragments)
  const texts = operations.map((operation): string => writer.operation(textOf(operation)))
  return Object.fromEntries(
    texts.toSorted().map((text) => [createHash('sha256').update(text).digest('hex'), text]),
  )
}

/** The operations, and the fragments by name, each without its head. */
function readDefinitions({ definitions }: DocumentNode) {
  const fragments = definitions.filter((each) => each.kind === Kind.FRAGMENT_DEFINITION)
  return {
    operations: definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION),
    fragments: Object.fromEntries(
      fragments.map((each) => [each.name.value, textOf(each).replace(/^fragment \w+ on /, '')]),
    ),
  }
}

function writeOperation(operation: OperationDefinitionNode): string {
  const name = operation.name?.value
  if (!name) throw new Error('Every operation of the SDK needs a name')
  if (operation.selectionSet.selections.length !== 1) throw new Error(`${name} selects more than one field`)
  const kind = operation.operation.charAt(0).toUpperCase() + operation.operation.slice(1)
  const types = `${name}${kind}, ${name}${kind}Variables`
  return `export const ${name}Document = /* @__PURE__ */ documents.${writeCall(name, textOf(operation), types)}`
}

/** The call that writes the document: of a mutation as most are, by what it selects of its success. */
function writeCall(name: string, text: string, types: string): string {
  const [, success] = /Success\{(.*)\}\.\.\.Refusal\}\}$/.exec(text) ?? []
  if (success !== undefined && createWriter({}).mutation(name, success) === text)
    return `mutation<${types}>('${name}', ${quote(success)})`
  return `operation<${types}>(${quote(text)})`
}

/** The node without whitespace that GraphQL ignores. */
function textOf(node: OperationDefinitionNode | FragmentDefinitionNode): string {
  return stripIgnoredCharacters(print(node))
}

/** As a literal of TypeScript. */
function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`\'`)}'`
}
