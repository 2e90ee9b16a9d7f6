import { getNamedType, isCompositeType, isInterfaceType, isObjectType } from 'graphql'
import { expect, it } from 'vitest'
import { schema } from '../../../src/graphql/schema.ts'

/** The lists of objects that are no connections, with what bounds each. */
const BOUNDED: Readonly<Record<string, string>> = {
  'AmbiguousRun.candidates': 'at most 20; `Query.runs` has all',
  'Artifact.problems': 'at most 100',
  'CancelRunSuccess.childrenLeft': 'at most 100, with the count of all; `Run.children` has all',
  'DriveRunSuccess.steps': 'at most 20 are taken',
  'DoctorReport.forks': 'those of the runs of one page',
  'DoctorReport.violations': 'those of the runs of one page',
  'RemoveContentSuccess.projects': 'those of the runs of one portion',
  'InvalidInput.issues': 'the size of the input',
  'ModelUsage.costs': 'one for each currency',
  'NotCompletable.missing': 'one for each rule of a workflow',
  'PlanEntry.steps': 'at most 100 are taken',
  'Project.activeCounts': 'one for each active status',
  'Project.settledCounts': 'one for each settled status',
  'Query.nodes': 'at most 500 ids are taken',
  'Query.runCounts': 'one for each status',
  'RenewLeaseSuccess.directives': 'what the owner has not acknowledged yet, to be delivered as a whole',
  'Run.missingEvidence': 'one for each rule of a workflow',
  'Run.phases': 'one for each phase of a workflow',
  'StepRefused.steps': 'at most 20 are taken',
  'ToolCallEntry.locations': 'at most 100 are taken',
  'Usage.costs': 'one for each currency',
  'Usage.models': 'one for each model that its agents used',
  'Worker.agents': 'at most 50 are taken',
  'Workflow.phases': 'the size of its definition',
  'Workspace.inFlight': 'one for each kind of operation',
  'WorkspaceDiff.files': 'at most 2,000',
}

const FIELDS = Object.values(schema.getTypeMap()).flatMap((type) =>
  !type.name.startsWith('__') && (isObjectType(type) || isInterfaceType(type))
    ? Object.values(type.getFields()).map((field) => ({
        owner: type.name,
        place: `${type.name}.${field.name}`,
        field,
      }))
    : [],
)
const CONNECTIONS = FIELDS.filter(({ field }) => getNamedType(field.type).name.endsWith('Connection'))

it('a list of objects is a connection, or known here to be bounded', () => {
  const lists = FIELDS.filter(
    ({ owner, field }) =>
      isCompositeType(getNamedType(field.type)) &&
      String(field.type).includes('[') &&
      !owner.endsWith('Connection'),
  )
  expect(lists.map(({ place }) => place).toSorted()).toEqual(Object.keys(BOUNDED).toSorted())
})

it('a connection is read from both ends', () => {
  expect(CONNECTIONS.length).toBeGreaterThan(15)
  for (const { place, field } of CONNECTIONS)
    expect([place, field.args.map(({ name }) => name)]).toEqual([
      place,
      expect.arrayContaining(['first', 'after', 'last', 'before']),
    ])
})

it('a connection has nodes, edges and its position', () => {
  for (const name of new Set(CONNECTIONS.map(({ field }) => getNamedType(field.type).name))) {
    const type = schema.getType(name)
    const fields = isObjectType(type) ? type.getFields() : {}
    const node = name.slice(0, -'Connection'.length)
    expect([
      String(fields['nodes']?.type),
      String(fields['edges']?.type),
      String(fields['pageInfo']?.type),
    ]).toEqual([`[${node}!]!`, `[${node}Edge!]!`, 'PageInfo!'])
  }
})
