import {
  type DocumentNode,
  type ExecutionResult,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  visit,
} from 'graphql'
import type { OperationArgs } from './execute.ts'

/** Results of frames of one subscription, shared with every other one that asks the same of the same frame. */
export interface FrameResults {
  /** The result for this frame, if another subscription has computed it. */
  find(frame: unknown): ExecutionResult | undefined
  /** Keeps the result as long as the frame. It must depend on nothing but the frame, the operation and the caller: it needed no read. */
  keep(frame: unknown, result: ExecutionResult): void
}

/** By frame, then by document, then by what else the result depends on. */
const results = new WeakMap<object, WeakMap<DocumentNode, Map<string, ExecutionResult>>>()

/** Opens the results that this subscription shares: those of the same document, variables and caller. */
export function openFrameResults(args: OperationArgs): FrameResults {
  const { document } = args
  const key = keyOf(args)
  return {
    find: (frame) => (isObject(frame) ? results.get(frame)?.get(document)?.get(key) : undefined),
    keep(frame, result) {
      if (!isObject(frame)) return
      const ofFrame = results.get(frame) ?? new WeakMap<DocumentNode, Map<string, ExecutionResult>>()
      results.set(frame, ofFrame)
      const ofDocument = ofFrame.get(document) ?? new Map<string, ExecutionResult>()
      ofFrame.set(document, ofDocument)
      ofDocument.set(key, result)
    },
  }
}

function isObject(frame: unknown): frame is object {
  return typeof frame === 'object' && frame !== null
}

function keyOf({ document, operationName, variableValues, contextValue }: OperationArgs): string {
  const { principalId, name, role, projects, agent, pageRunId } = contextValue.caller
  const operation = getOperationAST(document, operationName)
  const cursors = operation ? cursorVariablesOf(document, operation) : []
  const variables = Object.entries(variableValues ?? {}).filter(([variable]) => !cursors.includes(variable))
  return JSON.stringify([operationName, variables, principalId, name, role, projects, agent, pageRunId])
}

/** By operation, whose document is kept as long as it is. */
const cursorVariables = new WeakMap<OperationDefinitionNode, readonly string[]>()

/** Variables that only say where the stream begins: frames do not depend on them. */
function cursorVariablesOf(document: DocumentNode, operation: OperationDefinitionNode): readonly string[] {
  const known = cursorVariables.get(operation)
  if (known) return known
  const found = findCursorVariables(document, operation)
  cursorVariables.set(operation, found)
  return found
}

function findCursorVariables(document: DocumentNode, operation: OperationDefinitionNode): readonly string[] {
  const cursors = operation.selectionSet.selections
    .flatMap((selection) => (selection.kind === Kind.FIELD ? (selection.arguments ?? []) : []))
    .filter(({ name }) => name.value === 'after')
    .flatMap(({ value }) => (value.kind === Kind.VARIABLE ? value : []))
  const used = new Set<string>()
  visit(document, {
    VariableDefinition: () => false,
    Variable: (variable) => {
      if (!cursors.includes(variable)) used.add(variable.name.value)
    },
  })
  return cursors.map(({ name }) => name.value).filter((name) => !used.has(name))
}
