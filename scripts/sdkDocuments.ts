import { Kind, print, stripIgnoredCharacters, visit } from 'graphql'
import type { DocumentNode, FragmentDefinitionNode, OperationDefinitionNode } from 'graphql'

/**
 * The operations as TypeScript: each a plain string, typed by its result and variables. Every fragment is written once,
 * as a constant that the operations append; otherwise a run's fields would repeat in forty documents.
 */
export function writeDocuments({ definitions }: DocumentNode): string {
  const fragments = new Map<string, FragmentDefinitionNode>()
  const operations: OperationDefinitionNode[] = []
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
    if (definition.kind === Kind.OPERATION_DEFINITION) operations.push(definition)
  }
  const used = new Set<string>()
  const written = operations.map((operation) => {
    const names = [...findFragments(operation, fragments)].toSorted()
    for (const name of names) used.add(name)
    return writeOperation(operation, names)
  })
  const constants = [...used].toSorted().map((name) => writeFragment(fragments.get(name)))
  return `${[...constants, ...written].join('\n')}\n`
}

/** The names of all fragments below a node, including nested ones. */
function findFragments(
  node: OperationDefinitionNode | FragmentDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  found = new Set<string>(),
): Set<string> {
  visit(node, {
    FragmentSpread(spread) {
      const name = spread.name.value
      const fragment = fragments.get(name)
      if (!fragment || found.has(name)) return
      found.add(name)
      findFragments(fragment, fragments, found)
    },
  })
  return found
}

function writeFragment(fragment: FragmentDefinitionNode | undefined): string {
  if (!fragment) throw new Error('An operation spreads a fragment that no document defines')
  return `const ${fragment.name.value} = ${quote(fragment)}`
}

function writeOperation(operation: OperationDefinitionNode, fragments: readonly string[]): string {
  const name = operation.name?.value
  if (!name) throw new Error('Every operation of the SDK needs a name')
  const kind = operation.operation[0]?.toUpperCase() + operation.operation.slice(1)
  const parts = [quote(operation), ...fragments].join(', ')
  return `export const ${name}Document = /* @__PURE__ */ createDocument<${name}${kind}, ${name}${kind}Variables>(${parts})`
}

/** The node as one line of TypeScript, without whitespace that GraphQL ignores. */
function quote(node: OperationDefinitionNode | FragmentDefinitionNode): string {
  return `'${stripIgnoredCharacters(print(node)).replaceAll("'", String.raw`\'`)}'`
}
